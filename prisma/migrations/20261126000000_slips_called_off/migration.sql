-- A slip that was called off before anybody answered it (its case closed, its consent was taken back) was accepted by nobody. It goes on
-- standing between the consent that it was sent under and the agency: calling it off opens nothing (docs/decisions/0014).
CREATE OR REPLACE FUNCTION slip_stands_between(wanted uuid, agency text, given_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH slip AS (SELECT r.* FROM referral r WHERE r.case_id = wanted AND r.from_agency <> agency AND EXISTS (SELECT 1 FROM work_group g WHERE g.key = ANY (r.to_groups) AND g.agency_code = agency))
  SELECT EXISTS (SELECT 1 FROM slip WHERE status = 'sent' OR (status IN ('returned', 'out_of_scope') AND replied_at >= given_at) OR (status = 'cancelled' AND cancelled_at >= given_at)
      OR (result = 'not_connected' AND result_at >= given_at))
    AND NOT EXISTS (SELECT 1 FROM slip WHERE status IN ('accepted', 'conditional') AND result IS DISTINCT FROM 'not_connected' AND EXISTS (SELECT 1 FROM work_group g WHERE g.key = slip.accepted_group AND g.agency_code = agency)) $$;
