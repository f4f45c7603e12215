-- What is made of the sheets of a case is bounded like the sheets: each table is of one of the kinds of content that a right may name (F10
-- 共有する情報の範囲), or of none, and then read by those alone whose right names no kinds. The table of it: docs/GUARDS.md; a test holds every
-- policy to it (test/guards/items-bound-every-table).

-- 支援経過: what the support does, meets and comes to.
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['participation', 'participation_search', 'participation_trial', 'participation_match', 'participation_follow_up', 'participation_gap',
    'emergency', 'emergency_step', 'case_exit', 'case_break', 'case_succession', 'imported_case'] LOOP
    EXECUTE format('ALTER POLICY person_reads ON %I USING ((SELECT app_scope()) = ''person'' AND case_reach_item(case_id, ''progress''))', t);
  END LOOP;
END $$;
ALTER POLICY case_reads ON clock_pause USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM support_case c WHERE c.case_no = business_key AND case_reach_item(c.id, 'progress')));
CREATE OR REPLACE FUNCTION outreach_reach(wanted uuid, basis_of text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN basis_of = 'consented' THEN public.case_reach_item(wanted, 'progress') ELSE EXISTS (SELECT 1 FROM public.case_access a
    WHERE a.case_id = wanted AND a.reader = ANY (public.app_case_readers()) AND a.level = 'content' AND a.basis IN ('assignment', 'meeting') AND a.ended_at IS NULL
      AND (a.items IS NULL OR 'progress' = ANY (a.items)) AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())) END $$;
-- a slip is also read by those it was sent to, and by the agency that sent it
ALTER POLICY person_reads ON referral USING ((SELECT app_scope()) = 'person' AND (case_reach_item(case_id, 'progress') OR slip_right(case_id, id)
  OR (from_agency = current_setting('app.agency', true) AND case_reach(case_id, 'content'))));

-- 注意: an interrupted treatment is 健康・障害, the others 支援経過.
CREATE FUNCTION flag_item(kind text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN kind = 'medical' THEN 'health' ELSE 'progress' END $$;
ALTER POLICY person_reads ON flag USING ((SELECT app_scope()) = 'person' AND case_reach_item(case_id, flag_item(kind)));
ALTER POLICY person_reads ON flag_event USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM flag f WHERE f.id = flag_id));

-- 同意: an agency sees those that name it with a yes, and those that it took down itself; who may see all of the case sees all of them.
CREATE FUNCTION consent_concerns_me(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.consent c WHERE c.id = wanted AND c.agency_code = current_setting('app.agency', true))
    OR EXISTS (SELECT 1 FROM public.consent_agency a WHERE a.consent_id = wanted AND a.agency_code = current_setting('app.agency', true) AND a.answer = 'agreed') $$;
REVOKE ALL ON FUNCTION consent_concerns_me(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_concerns_me(uuid) TO tsunagi_app;
ALTER POLICY person_reads ON consent USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'content') AND (case_reach_items(case_id, '{}') OR consent_concerns_me(id)));
ALTER POLICY person_reads ON consent_end USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM consent c WHERE c.id = consent_id));
ALTER POLICY person_reads ON consent_evidence USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM consent c WHERE c.id = consent_id));
-- 提供記録: of what was told to one's own agency, and of what it told.
ALTER POLICY person_reads ON disclosure USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'content') AND (case_reach_items(case_id, '{}')
  OR (to_kind = 'agency' AND to_code = current_setting('app.agency', true)) OR agency_code = current_setting('app.agency', true)));
-- 開示請求: of no kind.
ALTER POLICY person_reads ON disclosure_request USING ((SELECT app_scope()) = 'person' AND case_reach_items(case_id, '{}'));
ALTER POLICY person_reads ON disclosure_reply USING ((SELECT app_scope()) = 'person' AND case_reach_items(case_id, '{}'));

-- 添付: which kind a file is, where whoever attached it said so. Without a word it is as much as its sheet: where that has things of
-- several kinds, all of them; without a sheet, of no kind. The agency that attached it reads it anyway.
ALTER TABLE attachment ADD COLUMN item TEXT;
ALTER TABLE attachment ADD CONSTRAINT attachment_item CHECK (item IN ('basic', 'family', 'health', 'money', 'progress', 'meeting'));
CREATE FUNCTION file_within(item text, record text, bounds text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(bounds IS NULL OR CASE WHEN item IS NOT NULL THEN item = ANY (bounds) ELSE cardinality(record_items(record)) > 0 AND record_items(record) <@ bounds END, false) $$;
ALTER POLICY person_reads ON attachment USING ((SELECT app_scope()) = 'person' AND CASE WHEN submission_id IS NOT NULL
    THEN EXISTS (SELECT 1 FROM submission s WHERE s.id = submission_id AND (attachment.agency_code = current_setting('app.agency', true) OR file_within(attachment.item, s.record, answer_bounds(s))))
  ELSE (agency_code = current_setting('app.agency', true) AND compartment IN ('agency', 'team') AND case_reach(case_id, 'content'))
    OR (compartment = 'team' AND case_reach_item(case_id, item)) END);
