-- What several agencies answer to one question is laid side by side (domain/records/unite.ts): who answered, for which of the groups that
-- were asked, and when. Who may be told what is as it was (20261125002010_fields_kept_apart).
DROP FUNCTION carried_submissions(uuid, text[]);
CREATE FUNCTION carried_submissions(wanted uuid, records text[])
RETURNS TABLE (record text, answers jsonb, compartment text, confidential text[], agency_code text, agency_name text, asked text, submitted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, public.shown_answers(s), s.compartment, s.confidential, s.agency_code, (SELECT y.name FROM public.agency y WHERE y.code = s.agency_code),
    (SELECT t.item #>> '{}' FROM public.task t WHERE t.id = s.task_id), s.submitted_at FROM public.submission s, asker a
  WHERE s.case_id = wanted AND s.record = ANY (records)
    AND CASE WHEN s.compartment = 'confidential' THEN s.sitting_id IS NOT NULL AND public.sitting_inside(s.sitting_id)
      ELSE a.engine OR (public.app_scope() = 'person' AND (a.holds OR a.reaches)) END
  ORDER BY s.submitted_at DESC, s.id DESC $$;
REVOKE ALL ON FUNCTION carried_submissions(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_submissions(uuid, text[]) TO tsunagi_app;
