-- The guards of the law once more, below what is drawn and programmed (docs/GUARDS.md).

-- ── What a form may carry of a case to whoever fills it in, whatever it names (domain/records/bounds.ts) ── Those who see all of it: all. Those whose right
-- names kinds of content: these, and who it is. A task alone shows who it is, and not even that once the person has
-- given a consent that does not reach the agency: then nobody is told anything because a diagram hands them a task.
CREATE FUNCTION carry_bounds(wanted uuid) RETURNS TABLE (everything boolean, items text[], identity boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH me AS (SELECT public.app_user_id() AS id, coalesce(current_setting('app.agency', true), '') AS agency, public.app_groups() || public.app_user_id()::text
      || CASE WHEN coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{intakeWorker,sectionLead,coordinator,meetingConvenor,chair,director,outreachWorker,participationWorker,manager}'
        THEN ARRAY['agency:' || coalesce(current_setting('app.agency', true), '')] ELSE '{}' END AS readers),
  rights AS (SELECT a.level, a.items FROM public.case_access a, me WHERE a.case_id = wanted AND a.reader = ANY (me.readers) AND a.ended_at IS NULL
    AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())),
  found AS (SELECT EXISTS (SELECT 1 FROM rights r WHERE r.level = 'content' AND r.items IS NULL) AS everything, EXISTS (SELECT 1 FROM rights r WHERE r.level <> 'exists') AS known,
    ARRAY(SELECT DISTINCT i FROM rights r, unnest(r.items) AS i WHERE r.level = 'content') AS items)
  SELECT f.everything OR (me.id IS NULL AND public.app_scope() = 'engine'), f.items, f.known OR cardinality(f.items) > 0
    OR NOT EXISTS (SELECT 1 FROM public.consent c WHERE c.case_id = wanted AND c.subject = 'self' AND c.place_name IS NULL AND c.state IN ('full', 'partial')) FROM found f, me $$;
REVOKE ALL ON FUNCTION carry_bounds(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carry_bounds(uuid) TO tsunagi_app;

CREATE OR REPLACE FUNCTION carried_identity(wanted uuid) RETURNS TABLE (identity jsonb) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('kana', p.kana, 'name', p.name, 'knownAs', p.known_as, 'commonName', p.common_name, 'formerName', p.former_name, 'sex', p.sex, 'birthDate', p.birth_date, 'ageApprox', p.age_approx,
    'postalCode', p.postal_code, 'address', p.address, 'residenceStatus', p.residence_status, 'phoneHome', p.phone_home, 'phoneMobile', p.phone_mobile, 'email', p.email, 'safeContact', p.safe_contact, 'noContactReason', p.no_contact_reason))
  FROM public.household_member m JOIN public.client_person p ON p.id = m.client_id, public.carry_bounds(wanted) b
  WHERE m.case_id = wanted AND m.relation = 'subject' AND (b.everything OR b.identity) AND (public.app_scope() = 'engine' OR (public.app_scope() = 'person' AND (public.case_reach(wanted, 'content') OR EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id())))) $$;

-- ── What the city decides is decided by its chair or director, and a plan never by whoever wrote it or coordinates the case ──
CREATE FUNCTION decides_for_city(who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM app_user u JOIN agency a ON a.code = u.agency_code WHERE u.id = who AND u.active AND u.roles && '{chair,director}' AND a.active AND a.kind = 'city' AND NOT a.is_contractor) $$;
CREATE FUNCTION refuse_foreign_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT decides_for_city(NEW.decided_by_id) THEN RAISE EXCEPTION 'what the city decides is decided by its chair or director' USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER city_decides BEFORE INSERT ON case_decision FOR EACH ROW EXECUTE FUNCTION refuse_foreign_decision();
CREATE FUNCTION refuse_own_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'decided' OR (TG_OP = 'UPDATE' AND OLD.status = 'decided') THEN RETURN NEW; END IF;
  IF NOT decides_for_city(NEW.decided_by_id) THEN RAISE EXCEPTION 'what the city decides is decided by its chair or director' USING ERRCODE = 'restrict_violation'; END IF;
  IF EXISTS (SELECT 1 FROM plan_event e JOIN plan p ON p.id = e.plan_id WHERE p.case_id = NEW.case_id AND e.kind IN ('drafted', 'revised', 'changed') AND e.by_id = NEW.decided_by_id)
    OR EXISTS (SELECT 1 FROM membership m WHERE m.user_id = NEW.decided_by_id AND (m.group_key = NEW.coordinator_group
      OR m.group_key IN (SELECT r.group_key FROM case_role r WHERE r.case_id = NEW.case_id AND r.role = 'coordinator' AND r.until_at IS NULL))) THEN
    RAISE EXCEPTION 'plan % is not decided by whoever wrote it or coordinates the case', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER own_plan BEFORE INSERT OR UPDATE ON plan FOR EACH ROW EXECUTE FUNCTION refuse_own_plan();

-- ── A seat in a 重層的支援会議 opens no more than the consent lets its agency be told at this moment, whoever writes the right ──
CREATE OR REPLACE FUNCTION refuse_meeting_right() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kind text; consent uuid;
BEGIN
  IF NEW.basis <> 'meeting' OR NEW.ended_at IS NOT NULL THEN RETURN NEW; END IF;
  SELECT t.kind INTO kind FROM sitting s JOIN meeting t ON t.id = s.meeting_id WHERE s.id = NEW.basis_id;
  IF kind = 'confidential' THEN RAISE EXCEPTION 'a confidential meeting gives no right to a case' USING ERRCODE = 'restrict_violation'; END IF;
  IF kind IS NULL THEN RETURN NEW; END IF;
  SELECT conference_consent(NEW.case_id, m.agency_code) INTO consent FROM sitting_member m WHERE m.sitting_id = NEW.basis_id AND m.removed_at IS NULL AND coalesce(m.user_id::text, m.group_key) = NEW.reader;
  IF consent IS NULL OR NEW.items IS NULL OR NOT NEW.items <@ consent_items(consent) THEN RAISE EXCEPTION 'no consent covers this seat' USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
DROP TRIGGER meeting_right ON case_access;
CREATE TRIGGER meeting_right BEFORE INSERT OR UPDATE OF items, reader, basis, basis_id ON case_access FOR EACH ROW EXECUTE FUNCTION refuse_meeting_right();
