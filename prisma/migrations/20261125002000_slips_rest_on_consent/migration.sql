-- A slip (つなぎ) opens by its yes and lives by what it rests on (docs/decisions/0014).

-- Whether a slip stands between a consent and an agency that it names: sent and not yet answered, or answered no (or come to nothing)
-- since the consent was given. A slip that the agency has accepted lets it through.
CREATE FUNCTION slip_stands_between(wanted uuid, agency text, given_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH slip AS (SELECT r.* FROM referral r WHERE r.case_id = wanted AND r.from_agency <> agency AND EXISTS (SELECT 1 FROM work_group g WHERE g.key = ANY (r.to_groups) AND g.agency_code = agency))
  SELECT EXISTS (SELECT 1 FROM slip WHERE status = 'sent' OR (status IN ('returned', 'out_of_scope') AND replied_at >= given_at) OR (result = 'not_connected' AND result_at >= given_at))
    AND NOT EXISTS (SELECT 1 FROM slip WHERE status IN ('accepted', 'conditional') AND result IS DISTINCT FROM 'not_connected' AND EXISTS (SELECT 1 FROM work_group g WHERE g.key = slip.accepted_group AND g.agency_code = agency)) $$;

-- A slip is read by its receivers as long as their right by it lives, and no longer.
CREATE FUNCTION slip_right(wanted_case uuid, slip uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_scope() = 'person' AND EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = wanted_case AND a.basis = 'referral' AND a.basis_id = slip AND a.reader = ANY (public.app_readers())
    AND a.ended_at IS NULL AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())) $$;
REVOKE ALL ON FUNCTION slip_right(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION slip_right(uuid, uuid) TO tsunagi_app;
ALTER POLICY person_reads ON referral USING ((SELECT app_scope()) = 'person' AND (case_reach(case_id, 'content') OR slip_right(case_id, id)));
CREATE OR REPLACE FUNCTION slip_of_mine(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM referral r WHERE r.submission_id = wanted AND slip_right(r.case_id, r.id)) $$;
-- What the sender added because the slip lacked it is read by those who are to answer.
CREATE FUNCTION supplements_my_slip(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.submission s JOIN public.referral r ON r.case_id = s.case_id AND r.status = 'sent' AND r.sent_at <= s.submitted_at
    WHERE s.id = wanted AND s.record = 'F12.supplement' AND public.slip_right(r.case_id, r.id)) $$;
REVOKE ALL ON FUNCTION supplements_my_slip(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION supplements_my_slip(uuid) TO tsunagi_app;
ALTER POLICY referral_reads ON submission USING ((SELECT app_scope()) = 'person' AND compartment <> 'confidential' AND (slip_of_mine(id) OR (record = 'F12.supplement' AND supplements_my_slip(id))));
ALTER POLICY within_consent ON submission USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team' OR case_id IS NULL
  OR EXISTS (SELECT 1 FROM task t WHERE t.id = task_id) OR case_reach_item(case_id, record_item(record)) OR slip_of_mine(id) OR (record = 'F12.supplement' AND supplements_my_slip(id)));
