-- A right that names kinds of content (F10 共有する情報の範囲) opens of every sheet the fields of these kinds and nothing beside them.
-- Which field is of which kind stands in domain/records/items.ts; here: which sheets have anything of a kind, and how far whoever asks
-- may read one sheet. A test holds both to each other (test/guards/items-bound-every-door).

-- The kinds of content that a 帳票 has something of; none: it is read by those alone whose right is not bounded.
CREATE FUNCTION record_items(record text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN record = 'F01.urgency' THEN '{progress}' WHEN record ~ '^F0[12]([.]|$)' THEN '{basic,family,progress}'
    WHEN record ~ '^F03([.]|$)' THEN '{basic,family,health,money,progress}' WHEN record ~ '^F04([.]|$)' THEN '{progress}'
    WHEN record ~ '^F05([.]|$)' THEN '{family,progress}' WHEN record ~ '^F0[678]([.]|$)' THEN '{progress}'
    WHEN record IN ('F09.minutes', 'F09.judgement', 'F09.decisions', 'F09.request', 'F09.arrangement', 'F09.prepSheet', 'F09.reply', 'F09.invitation') THEN '{meeting}'
    WHEN record ~ '^F12([.]|$)' OR record ~ '^F20([.]|$)' THEN '{progress}' WHEN record ~ '^F13([.]|$)' OR record ~ '^F93([.]|$)' THEN '{progress}'
    ELSE '{}' END::text[] $$;

-- The names under which whoever acts reaches cases, while they read and while they act (domain/access.ts readersOf).
CREATE FUNCTION acting_readers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT app_groups() || app_user_id()::text || CASE WHEN coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}')
      && '{intakeWorker,sectionLead,coordinator,meetingConvenor,chair,director,outreachWorker,participationWorker,manager}'
    THEN ARRAY['agency:' || coalesce(current_setting('app.agency', true), '')] ELSE '{}' END $$;
-- The rights to content that whoever asks has to a case now: whether one of them names no kinds, and which kinds the others name.
CREATE FUNCTION content_bounds(wanted uuid) RETURNS TABLE (everything boolean, items text[]) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH rights AS (SELECT a.items FROM public.case_access a WHERE a.case_id = wanted AND a.level = 'content' AND a.ended_at IS NULL
      AND a.reader = ANY (public.acting_readers())
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now()))
  SELECT EXISTS (SELECT 1 FROM rights WHERE items IS NULL), ARRAY(SELECT DISTINCT i FROM rights, unnest(items) AS i ORDER BY i) $$;

-- Whether what is of one of these kinds may be read by a right to the case.
CREATE FUNCTION case_reach_items(wanted uuid, wanted_items text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_scope() = 'person' AND (b.everything OR b.items && wanted_items) FROM public.content_bounds(wanted) b $$;
-- Nothing is of no kind: what is asked for without one is read by an unbounded right.
CREATE OR REPLACE FUNCTION case_reach_item(wanted uuid, item text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.case_reach_items(wanted, array_remove(ARRAY[item], NULL)) $$;

-- Those of a household who have agreed themselves that the agency of whoever asks is told, and to which kinds. By their registration; by
-- name alone where the consent knows none.
CREATE FUNCTION agreed_members(wanted uuid) RETURNS TABLE (member_id uuid, member_name text, items text[]) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.member_id, c.member_name, public.consent_items(c.id) FROM public.consent c WHERE c.case_id = wanted AND c.subject = 'member' AND c.place_name IS NULL
    AND public.consent_holds(c.id, public.app_now()) AND public.consent_types(c.id) && '{share,conference}' AND public.consent_agrees(c.id, coalesce(current_setting('app.agency', true), '')) $$;

-- How far whoever asks may read the answers of a sheet: null, all of them; else what is of these kinds. What is kept in a sitting has
-- bounds of its own; what one's own agency wrote, and a slip that was sent to be read, is read whole.
CREATE FUNCTION answer_bounds(s submission) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN public.app_user_id() IS NULL OR s.case_id IS NULL OR s.compartment IN ('confidential', 'office') OR s.submitted_by_id = public.app_user_id()
      OR s.agency_code = current_setting('app.agency', true) OR (s.agency_code IS NULL AND s.record IS NULL) OR s.record ~ '^F19([.]|$)'
      OR public.slip_of_mine(s.id) OR (s.record = 'F12.supplement' AND public.supplements_my_slip(s.id)) THEN NULL
    ELSE (SELECT CASE WHEN b.everything THEN NULL ELSE b.items END FROM public.content_bounds(s.case_id) b) END $$;

-- ── which sheets are there for whoever asks ── What their own agency wrote; what one of their kinds is in; the consents, and what was
-- taken back of them, that name their agency (policy of `consent`).
CREATE FUNCTION consent_paper(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM consent c WHERE c.submission_id = wanted) OR EXISTS (SELECT 1 FROM consent_end e JOIN consent c ON c.id = e.consent_id WHERE e.submission_id = wanted) $$;
ALTER POLICY within_consent ON submission USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team' OR case_id IS NULL
  OR (agency_code IS NULL AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id)) OR agency_code = current_setting('app.agency', true)
  OR case_reach_items(case_id, record_items(record)) OR slip_of_mine(id) OR (record = 'F12.supplement' AND supplements_my_slip(id))
  OR (record ~ '^F1[07]([.]|$)' AND consent_paper(id)));
DROP FUNCTION record_item(text);

-- ── what a form carries ── Who it is about: to those whose right is to know that, or names 基本情報.
CREATE OR REPLACE FUNCTION carry_bounds(wanted uuid) RETURNS TABLE (everything boolean, items text[], identity boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT b.everything OR (public.app_user_id() IS NULL AND public.app_scope() = 'engine'), b.items, b.everything OR 'basic' = ANY (b.items)
    OR EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = wanted AND a.level = 'identity' AND a.ended_at IS NULL
      AND a.reader = ANY (public.acting_readers())
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now()))
    OR NOT EXISTS (SELECT 1 FROM public.consent c WHERE c.case_id = wanted AND c.subject = 'self' AND c.place_name IS NULL AND c.state IN ('full', 'partial')) FROM public.content_bounds(wanted) b $$;

DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['content_bounds(uuid)', 'case_reach_items(uuid, text[])', 'agreed_members(uuid)', 'answer_bounds(submission)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;
