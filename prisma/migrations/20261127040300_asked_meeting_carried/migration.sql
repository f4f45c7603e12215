-- What somebody asked a 支援会議 for (F16.request) is carried into the 事案カード of the city's chair, who reads it anyway; and what a sitting that
-- was put off was for, into its new arrangement by the office that wrote it. To nobody else.
CREATE OR REPLACE FUNCTION carried_submissions(wanted uuid, records text[])
RETURNS TABLE (record text, answers jsonb, compartment text, confidential text[], agency_code text, agency_name text, asked text, submitted_at timestamptz, instance_id uuid, meeting_id uuid, own boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, CASE WHEN s.compartment = 'confidential' AND s.record IN ('F16.request', 'F09.arrangement') AND public.meets_for_city() THEN s.answers ELSE public.shown_answers(s) END, s.compartment, s.confidential, s.agency_code, (SELECT y.name FROM public.agency y WHERE y.code = s.agency_code),
    t.item #>> '{}', s.submitted_at, t.instance_id, (SELECT x.meeting_id FROM public.sitting x WHERE x.id = s.sitting_id),
    coalesce(s.submitted_by_id = public.app_user_id(), false) OR coalesce(s.agency_code = current_setting('app.agency', true) AND t.candidate_groups && public.app_groups(), false)
  FROM asker a, public.submission s LEFT JOIN public.task t ON t.id = s.task_id
  WHERE s.case_id = wanted AND s.record = ANY (records)
    AND CASE WHEN s.compartment = 'confidential' THEN CASE WHEN s.sitting_id IS NULL THEN s.record = 'F16.request' AND public.meets_for_city() ELSE public.sitting_inside(s.sitting_id)
        OR s.record = 'F09.arrangement' AND public.meets_for_city() AND EXISTS (SELECT 1 FROM public.sitting x JOIN public.meeting m ON m.id = x.meeting_id WHERE x.id = s.sitting_id AND x.status = 'postponed' AND m.closed_at IS NULL) END
      ELSE a.engine OR (public.app_scope() = 'person' AND (a.holds OR a.reaches)) END
  ORDER BY s.submitted_at DESC, s.id DESC $$;
