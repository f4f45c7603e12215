-- Whether and on what ground support goes on after a withdrawal (T-P10-04) is decided by the city (trigger city_decides), like what else it decides about a case.
ALTER TABLE case_decision DROP CONSTRAINT case_decision_kind;
ALTER TABLE case_decision ADD CONSTRAINT case_decision_kind CHECK (kind IN ('eligibility', 'support', 'plan_end', 'closure', 'continuation'));

-- What was proposed in the same run is laid before whoever decides for the city and has the task of it, also where they see nothing else of the case; before nobody else.
CREATE FUNCTION carried_proposal(wanted uuid) RETURNS TABLE (answers jsonb) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.answers FROM public.task t JOIN public.task p ON p.instance_id = t.instance_id JOIN public.submission s ON s.task_id = p.id AND s.record = 'F17.proposal' AND s.compartment = 'team'
  WHERE t.id = wanted AND public.app_user_id() IS NOT NULL AND (t.assignee_id = public.app_user_id() OR t.candidate_groups && public.app_groups())
    AND EXISTS (SELECT 1 FROM public.app_user u JOIN public.agency a ON a.code = u.agency_code
      WHERE u.id = public.app_user_id() AND u.active AND u.roles && '{chair,director}' AND a.active AND a.kind = 'city' AND NOT a.is_contractor)
  ORDER BY s.submitted_at DESC, s.id DESC LIMIT 1 $$;
REVOKE ALL ON FUNCTION carried_proposal(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_proposal(uuid) TO tsunagi_app;
