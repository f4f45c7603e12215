-- What an agency writes when it asks the city for a 支援会議 about a case (F16.request) is kept in the confidential compartment, beside no
-- sitting: whoever wrote it reads it, and those of the city who convene and chair. That there is one is said to nobody else.
CREATE FUNCTION meets_for_city() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_user_id() IS NOT NULL AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{meetingConvenor,chair}'
    AND EXISTS (SELECT 1 FROM public.agency a WHERE a.code = current_setting('app.agency', true) AND a.kind = 'city' AND a.active AND NOT a.is_contractor) $$;
CREATE POLICY asked_meeting_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND record = 'F16.request' AND compartment = 'confidential' AND sitting_id IS NULL
  AND (submitted_by_id = (SELECT app_user_id()) OR (SELECT meets_for_city())));
CREATE FUNCTION meetings_asked_for() RETURNS TABLE (id uuid, case_no text, urgency text, submitted_at timestamptz, submitted_by_name text, agency_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.id, c.case_no, s.answers->>'urgency', s.submitted_at, u.name, s.agency_code
  FROM public.submission s JOIN public.support_case c ON c.id = s.case_id LEFT JOIN public.app_user u ON u.id = s.submitted_by_id
  WHERE s.record = 'F16.request' AND (s.submitted_by_id = public.app_user_id() OR public.meets_for_city()) ORDER BY s.submitted_at DESC, s.id DESC LIMIT 200 $$;
REVOKE ALL ON FUNCTION meets_for_city(), meetings_asked_for() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meets_for_city(), meetings_asked_for() TO tsunagi_app;
