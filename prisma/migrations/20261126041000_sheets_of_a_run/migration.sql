-- What was asked for one meeting is not laid before whoever arranges another one: sheets of a run are known by the process that asked for
-- them, or by their meeting (domain/records/carry.ts, `ofRun`). `own`: whoever asks wrote it, or it was a task of their group and agency:
-- they read it as it is (20261125910000_answers_of_ones_own).
DROP FUNCTION carried_submissions(uuid, text[]);
CREATE FUNCTION carried_submissions(wanted uuid, records text[])
RETURNS TABLE (record text, answers jsonb, compartment text, confidential text[], agency_code text, agency_name text, asked text, submitted_at timestamptz, instance_id uuid, meeting_id uuid, own boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, public.shown_answers(s), s.compartment, s.confidential, s.agency_code, (SELECT y.name FROM public.agency y WHERE y.code = s.agency_code),
    t.item #>> '{}', s.submitted_at, t.instance_id, (SELECT x.meeting_id FROM public.sitting x WHERE x.id = s.sitting_id),
    coalesce(s.submitted_by_id = public.app_user_id(), false) OR coalesce(s.agency_code = current_setting('app.agency', true) AND t.candidate_groups && public.app_groups(), false)
  FROM asker a, public.submission s LEFT JOIN public.task t ON t.id = s.task_id
  WHERE s.case_id = wanted AND s.record = ANY (records)
    AND CASE WHEN s.compartment = 'confidential' THEN s.sitting_id IS NOT NULL AND public.sitting_inside(s.sitting_id)
      ELSE a.engine OR (public.app_scope() = 'person' AND (a.holds OR a.reaches)) END
  ORDER BY s.submitted_at DESC, s.id DESC $$;
REVOKE ALL ON FUNCTION carried_submissions(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_submissions(uuid, text[]) TO tsunagi_app;

-- The process that a task belongs to, and those that called it. Ids alone.
CREATE FUNCTION run_of(wanted_task uuid) RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH RECURSIVE run AS (SELECT i.id, i.parent_id FROM public.task t JOIN public.process_instance i ON i.id = t.instance_id WHERE t.id = wanted_task
    UNION SELECT i.id, i.parent_id FROM run r JOIN public.process_instance i ON i.id = r.parent_id)
  SELECT coalesce(array_agg(id), '{}') FROM run $$;
REVOKE ALL ON FUNCTION run_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_of(uuid) TO tsunagi_app;
