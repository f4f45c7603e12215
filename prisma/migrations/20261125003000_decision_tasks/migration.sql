-- Decisions of a sitting become tasks of their doers (processes/meeting_decision). What a 支援会議 decided is read by a doer who has pledged
-- for that sitting; what a 重層的支援会議 decided, while the consents cover the doer's agency.

ALTER TABLE "sitting_decision" ADD COLUMN "state" TEXT NOT NULL DEFAULT 'open';
ALTER TABLE "sitting_decision" ADD COLUMN "report_id" UUID;
UPDATE sitting_decision SET state = 'done' WHERE done_at IS NOT NULL;
ALTER TABLE sitting_decision ADD CONSTRAINT sitting_decision_state CHECK (state IN ('open', 'assigned', 'done', 'dropped', 'returned'));
ALTER TABLE sitting_decision ADD CONSTRAINT sitting_decision_done CHECK ((state = 'done') = (done_at IS NOT NULL));

-- What was decided stays what was decided; who does it by when may change, and it ends once.
CREATE FUNCTION refuse_decision_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.sitting_id, NEW.what, NEW.decided_at) IS DISTINCT FROM (OLD.id, OLD.sitting_id, OLD.what, OLD.decided_at) OR OLD.state IN ('done', 'dropped', 'returned') THEN
    RAISE EXCEPTION 'a decision is kept as it is' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE ON sitting_decision FOR EACH ROW EXECUTE FUNCTION refuse_decision_change();

-- Whether whoever asks may be told what this doer has to do. 支援会議: a seat in that sitting and one's own pledge for it, as long as the
-- work takes (the papers close before). 重層的支援会議: the consent of every case covers the doer's agency now. Of a closed case: nothing.
CREATE FUNCTION decision_shown(wanted uuid, doer text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_user_id() IS NOT NULL AND EXISTS (SELECT 1 FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id WHERE s.id = wanted
    AND (t.kind = 'council' OR EXISTS (SELECT 1 FROM public.meeting_case c JOIN public.support_case k ON k.id = c.case_id WHERE c.meeting_id = t.id AND k.status <> 'closed'))
    AND CASE t.kind
      WHEN 'confidential' THEN public.sitting_seat(wanted) AND public.sitting_pledged(wanted, public.app_user_id()) AND (doer = ANY (public.app_groups())
        OR EXISTS (SELECT 1 FROM public.sitting_member m WHERE m.sitting_id = wanted AND m.removed_at IS NULL AND m.role IN ('chair', 'secretary') AND m.group_key = ANY (public.app_groups())))
      ELSE doer = ANY (public.app_groups()) AND NOT EXISTS (SELECT 1 FROM public.meeting_case c JOIN public.work_group g ON g.key = doer
        WHERE c.meeting_id = t.id AND public.conference_consent(c.case_id, g.agency_code) IS NULL) END) $$;

-- All that a sitting decided: to those inside a 支援会議; of a 重層的支援会議 to who arranges it, and to a seat whose agency the consent of every
-- case covers now.
CREATE FUNCTION decisions_opened(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id WHERE s.id = wanted AND CASE t.kind WHEN 'confidential' THEN public.sitting_inside(wanted)
    ELSE public.app_arranges(t.agency_code, t.kind) OR EXISTS (SELECT 1 FROM public.sitting_member m WHERE m.sitting_id = wanted AND m.removed_at IS NULL AND public.app_user_id() IS NOT NULL
      AND CASE WHEN m.user_id IS NULL THEN m.group_key = ANY (public.app_groups()) ELSE m.user_id = public.app_user_id() END
      AND NOT EXISTS (SELECT 1 FROM public.meeting_case c WHERE c.meeting_id = t.id AND public.conference_consent(c.case_id, m.agency_code) IS NULL)) END) $$;

-- For the forms of a decision's tasks: what was decided, and why it was sent back, to those whose task it is and who may be told.
CREATE FUNCTION carried_decision(wanted uuid) RETURNS TABLE (what text, due_on text, reason text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT d.what, to_char(d.due_on, 'YYYY-MM-DD'), r.answers ->> 'reason'
  FROM public.task t JOIN public.process_instance i ON i.id = t.instance_id JOIN public.sitting_decision d ON d.id::text = i.variables ->> 'decisionId'
    JOIN public.sitting s ON s.id = d.sitting_id JOIN public.meeting m ON m.id = s.meeting_id LEFT JOIN public.submission r ON r.id = d.report_id
  WHERE t.id = wanted AND public.app_user_id() IS NOT NULL AND (t.assignee_id = public.app_user_id() OR t.candidate_groups && public.app_groups())
    AND EXISTS (SELECT 1 FROM public.meeting_case c JOIN public.support_case k ON k.id = c.case_id AND k.case_no = t.business_key WHERE c.meeting_id = m.id)
    AND (public.decision_shown(s.id, d.group_key) OR public.decisions_opened(s.id) OR (m.kind <> 'confidential'
      AND NOT EXISTS (SELECT 1 FROM public.meeting_case c WHERE c.meeting_id = m.id AND NOT public.case_reach(c.case_id, 'content')))) $$;
REVOKE ALL ON FUNCTION decision_shown(uuid, text), decisions_opened(uuid), carried_decision(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION decision_shown(uuid, text), decisions_opened(uuid), carried_decision(uuid) TO tsunagi_app;

DROP POLICY person_reads ON sitting_decision;
CREATE POLICY person_reads ON sitting_decision FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (decision_shown(sitting_id, group_key) OR decisions_opened(sitting_id)));
