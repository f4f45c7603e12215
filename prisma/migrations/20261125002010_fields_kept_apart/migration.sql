-- Flag C field by field (domain.md §2, §6.3): a form says which of its fields are confidential; what was answered there is kept with
-- the rest and shown to those alone who stand in the confidential compartment. Which fields those are is kept with the answers, as the
-- form said it when it was answered.
ALTER TABLE "submission" ADD COLUMN "confidential" TEXT[] DEFAULT ARRAY[]::TEXT[] NOT NULL;

-- Answers less what lies at a path; the rows of a list are gone through one by one.
CREATE FUNCTION less_path(value jsonb, path text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF jsonb_typeof(value) = 'array' THEN RETURN (SELECT coalesce(jsonb_agg(less_path(x.e, path) ORDER BY x.n), '[]') FROM jsonb_array_elements(value) WITH ORDINALITY x (e, n)); END IF;
  IF jsonb_typeof(value) <> 'object' OR NOT value ? path[1] THEN RETURN value; END IF;
  IF cardinality(path) = 1 THEN RETURN value - path[1]; END IF;
  RETURN jsonb_set(value, path[1:1], less_path(value -> path[1], path[2:]));
END $$;
CREATE FUNCTION less_paths(value jsonb, paths text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE path text;
BEGIN
  FOREACH path IN ARRAY paths LOOP value := less_path(value, string_to_array(path, '.')); END LOOP;
  RETURN value;
END $$;

-- Whether whoever asks stands in the confidential compartment of a case: who convenes and who chairs, the city's coordinators, and those
-- inside a 支援会議 of it.
CREATE FUNCTION in_confidence(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_user_id() IS NOT NULL AND (
    coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{meetingConvenor,chair}'
    OR (coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator}' AND EXISTS (SELECT 1 FROM public.agency a WHERE a.code = current_setting('app.agency', true) AND a.kind = 'city' AND NOT a.is_contractor))
    OR EXISTS (SELECT 1 FROM public.meeting_case c JOIN public.meeting t ON t.id = c.meeting_id AND t.kind = 'confidential' JOIN public.sitting s ON s.meeting_id = t.id WHERE c.case_id = wanted AND public.sitting_inside(s.id))) $$;
-- The confidential fields of one record: besides those, whoever wrote it and the caseworkers of their agency (not its manager). What was
-- written for a 重層的支援会議 was said at that table: its members, and those whose own case it is.
CREATE FUNCTION sees_confidential(of_case uuid, in_compartment text, of_sitting uuid, of_agency text, of_writer uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_user_id() IS NOT NULL AND (of_writer = public.app_user_id()
    OR (of_sitting IS NOT NULL AND in_compartment = 'confidential' AND public.sitting_inside(of_sitting))
    OR (of_agency = current_setting('app.agency', true)
      AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{intakeWorker,sectionLead,coordinator,outreachWorker,participationWorker}')
    OR (of_sitting IS NOT NULL AND in_compartment <> 'confidential' AND (public.sitting_seat(of_sitting) OR EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = of_case AND a.level = 'content' AND a.items IS NULL
      AND a.reader = ANY (public.app_readers() || ('agency:' || coalesce(current_setting('app.agency', true), ''))) AND a.ended_at IS NULL AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now()))))
    OR (of_case IS NOT NULL AND public.in_confidence(of_case))) $$;
-- What a record shows to whoever asks. The clock and the workers, who are nobody, see all of it.
CREATE FUNCTION shown_answers(s submission) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN cardinality(s.confidential) = 0 OR public.app_user_id() IS NULL OR public.sees_confidential(s.case_id, s.compartment, s.sitting_id, s.agency_code, s.submitted_by_id) THEN s.answers
    ELSE public.less_paths(s.answers, s.confidential) END $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['in_confidence(uuid)', 'sees_confidential(uuid, text, uuid, text, uuid)', 'shown_answers(submission)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;

-- The same where earlier answers are carried, with which of them are confidential: those go into no field that is not (carry.ts).
DROP FUNCTION carried_submissions(uuid, text[]);
CREATE FUNCTION carried_submissions(wanted uuid, records text[]) RETURNS TABLE (record text, answers jsonb, compartment text, confidential text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, public.shown_answers(s), s.compartment, s.confidential FROM public.submission s, asker a
  WHERE s.case_id = wanted AND s.record = ANY (records)
    AND CASE WHEN s.compartment = 'confidential' THEN s.sitting_id IS NOT NULL AND public.sitting_inside(s.sitting_id)
      ELSE a.engine OR (public.app_scope() = 'person' AND (a.holds OR a.reaches)) END
  ORDER BY s.submitted_at DESC, s.id DESC $$;
REVOKE ALL ON FUNCTION carried_submissions(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_submissions(uuid, text[]) TO tsunagi_app;
CREATE OR REPLACE FUNCTION dossier_submissions(wanted uuid, wanted_case uuid) RETURNS TABLE (record text, answers jsonb, submitted_at timestamptz, agency_code text, consent_id uuid, items text[], members text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH seat AS (SELECT m.agency_code, public.conference_consent(c.case_id, m.agency_code) AS consent_id FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id
      JOIN public.meeting_case c ON c.meeting_id = t.id AND c.case_id = wanted_case
      JOIN public.sitting_member m ON m.sitting_id = s.id AND m.removed_at IS NULL AND CASE WHEN m.user_id IS NULL THEN m.group_key = ANY (public.app_groups()) ELSE m.user_id = public.app_user_id() END
    WHERE s.id = wanted AND public.app_user_id() IS NOT NULL AND t.kind IN ('plan', 'closure') AND s.status IN ('invited', 'held', 'minutes_confirmed', 'closed')
      AND s.invited_at <= public.app_now() AND (s.access_until IS NULL OR s.access_until > public.app_now())),
  basis AS (SELECT seat.consent_id, public.consent_items(seat.consent_id) AS items, ARRAY(SELECT c.member_name FROM public.consent c WHERE c.case_id = wanted_case AND c.subject = 'member'
      AND public.consent_holds(c.id, public.app_now()) AND public.consent_agrees(c.id, seat.agency_code)) AS members FROM seat WHERE seat.consent_id IS NOT NULL LIMIT 1)
  SELECT s.record, CASE WHEN s.id IS NOT NULL THEN public.shown_answers(s) END, s.submitted_at, s.agency_code, b.consent_id, b.items, b.members FROM basis b
    LEFT JOIN public.submission s ON s.case_id = wanted_case AND s.record IS NOT NULL AND (s.compartment = 'team' OR (s.compartment = 'agency' AND s.record ~ '^F0[123]([.]|$)')) ORDER BY s.submitted_at DESC, s.id DESC $$;

-- What was answered before this: as its form says.
CREATE FUNCTION confidential_in(components jsonb, prefix text) RETURNS SETOF text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE c jsonb; place text;
BEGIN
  FOR c IN SELECT * FROM jsonb_array_elements(coalesce(components, '[]')) LOOP
    place := prefix || coalesce(c ->> 'key', c ->> 'path', '');
    IF c #>> '{properties,confidential}' = 'true' AND coalesce(c ->> 'key', c ->> 'path', '') <> '' THEN RETURN NEXT place; END IF;
    IF jsonb_typeof(c -> 'components') = 'array' THEN
      RETURN QUERY SELECT * FROM confidential_in(c -> 'components', CASE WHEN coalesce(c ->> 'path', '') = '' THEN prefix ELSE prefix || (c ->> 'path') || '.' END);
    END IF;
  END LOOP;
END $$;
ALTER TABLE submission DISABLE TRIGGER append_only;
UPDATE submission s SET confidential = f.paths FROM (
  SELECT x.id, ARRAY(SELECT DISTINCT confidential_in(x.schema -> 'components', '') ORDER BY 1) AS paths FROM (
    SELECT s.id, coalesce((SELECT d.forms -> s.form_key FROM task t JOIN process_definition d ON d.id = t.definition_id WHERE t.id = s.task_id),
      (SELECT f.schema FROM standing_form f WHERE f.key = s.form_key AND f.sha256 = s.form_sha256 ORDER BY f.version DESC LIMIT 1)) AS schema FROM submission s) x WHERE x.schema IS NOT NULL) f
WHERE f.id = s.id AND cardinality(f.paths) > 0;
ALTER TABLE submission ENABLE TRIGGER append_only;
DROP FUNCTION confidential_in(jsonb, text);
