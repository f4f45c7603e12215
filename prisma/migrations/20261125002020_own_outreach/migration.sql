-- Whoever went there reads what they themselves wrote of an outreach after it has ended, as long as they work in a group that carried it
-- (docs/decisions/0015). It gives no right to the case.
CREATE FUNCTION outreach_mine(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_scope() = 'person' AND public.app_user_id() IS NOT NULL
    AND EXISTS (SELECT 1 FROM public.case_access a WHERE a.basis = 'assignment' AND a.basis_id = wanted AND a.reader = ANY (public.app_readers()))
    AND (EXISTS (SELECT 1 FROM public.outreach_attempt t WHERE t.outreach_id = wanted AND t.by_id = public.app_user_id()) OR EXISTS (SELECT 1 FROM public.outreach_stage g WHERE g.outreach_id = wanted AND g.by_id = public.app_user_id())) $$;
-- The case of an outreach of one's own, by its number: where nothing else of the case is reached any more.
CREATE FUNCTION outreach_case_of_mine(number text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id FROM public.support_case c WHERE c.case_no = number AND EXISTS (SELECT 1 FROM public.outreach o WHERE o.case_id = c.id AND public.outreach_mine(o.id)) $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['outreach_mine(uuid)', 'outreach_case_of_mine(text)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;
ALTER POLICY person_reads ON outreach USING ((SELECT app_scope()) = 'person' AND (outreach_reach(case_id, start_basis) OR outreach_mine(id)));
-- of the rows beneath, those of others stay with those who reach the outreach itself
ALTER POLICY person_reads ON outreach_stage USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM outreach o WHERE o.id = outreach_id AND (outreach_reach(o.case_id, o.start_basis) OR outreach_stage.by_id = (SELECT app_user_id()))));
ALTER POLICY person_reads ON outreach_attempt USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM outreach o WHERE o.id = outreach_id AND (outreach_reach(o.case_id, o.start_basis) OR outreach_attempt.by_id = (SELECT app_user_id()))));
