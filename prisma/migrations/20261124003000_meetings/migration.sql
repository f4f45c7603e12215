-- AlterTable
ALTER TABLE "submission" ADD COLUMN     "sitting_id" UUID;

-- CreateTable
CREATE TABLE "meeting" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "urgency" TEXT NOT NULL DEFAULT 'none',
    "agency_code" TEXT NOT NULL,
    "convened_by_id" UUID,
    "legal_basis" TEXT,
    "consent_missing" TEXT[],
    "consent_state" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "close_reason" TEXT,

    CONSTRAINT "meeting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "meeting_case" (
    "meeting_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "meeting_case_pkey" PRIMARY KEY ("meeting_id","case_id")
);

-- CreateTable
CREATE TABLE "sitting" (
    "id" UUID NOT NULL,
    "meeting_id" UUID NOT NULL,
    "no" INTEGER NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'draft',
    "meets_at" TIMESTAMPTZ(3),
    "place" TEXT,
    "format" TEXT,
    "handout_rule" TEXT,
    "result" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "invited_at" TIMESTAMPTZ(3),
    "held_at" TIMESTAMPTZ(3),
    "minutes_confirmed_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "access_until" TIMESTAMPTZ(3),

    CONSTRAINT "sitting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sitting_member" (
    "id" UUID NOT NULL,
    "sitting_id" UUID NOT NULL,
    "group_key" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "user_id" UUID,
    "role" TEXT NOT NULL,
    "attendance" TEXT NOT NULL DEFAULT 'unanswered',
    "seated_at" TIMESTAMPTZ(3) NOT NULL,
    "seated_by_id" UUID,
    "removed_at" TIMESTAMPTZ(3),
    "remove_reason" TEXT,

    CONSTRAINT "sitting_member_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sitting_slot" (
    "id" UUID NOT NULL,
    "sitting_id" UUID NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sitting_slot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "slot_reply" (
    "slot_id" UUID NOT NULL,
    "member_id" UUID NOT NULL,
    "answer" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,

    CONSTRAINT "slot_reply_pkey" PRIMARY KEY ("slot_id","member_id")
);

-- CreateTable
CREATE TABLE "handout" (
    "id" UUID NOT NULL,
    "sitting_id" UUID NOT NULL,
    "no" INTEGER NOT NULL,
    "member_id" UUID NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "returned_at" TIMESTAMPTZ(3),

    CONSTRAINT "handout_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sitting_decision" (
    "id" UUID NOT NULL,
    "sitting_id" UUID NOT NULL,
    "group_key" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "due_on" DATE,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,
    "done_at" TIMESTAMPTZ(3),
    "done_by_id" UUID,

    CONSTRAINT "sitting_decision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "meeting_case_case_id_idx" ON "meeting_case"("case_id");

-- CreateIndex
CREATE INDEX "sitting_held_at_idx" ON "sitting"("held_at");

-- CreateIndex
CREATE UNIQUE INDEX "sitting_meeting_id_no_key" ON "sitting"("meeting_id", "no");

-- CreateIndex
CREATE INDEX "sitting_member_sitting_id_idx" ON "sitting_member"("sitting_id");

-- CreateIndex
CREATE UNIQUE INDEX "sitting_slot_sitting_id_starts_at_key" ON "sitting_slot"("sitting_id", "starts_at");

-- CreateIndex
CREATE UNIQUE INDEX "handout_sitting_id_no_key" ON "handout"("sitting_id", "no");

-- CreateIndex
CREATE INDEX "sitting_decision_sitting_id_idx" ON "sitting_decision"("sitting_id");

-- CreateIndex
CREATE INDEX "sitting_decision_group_key_idx" ON "sitting_decision"("group_key");

-- CreateIndex
CREATE INDEX "submission_sitting_id_idx" ON "submission"("sitting_id");

-- AddForeignKey
ALTER TABLE "submission" ADD CONSTRAINT "submission_sitting_id_fkey" FOREIGN KEY ("sitting_id") REFERENCES "sitting"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meeting_case" ADD CONSTRAINT "meeting_case_meeting_id_fkey" FOREIGN KEY ("meeting_id") REFERENCES "meeting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meeting_case" ADD CONSTRAINT "meeting_case_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sitting" ADD CONSTRAINT "sitting_meeting_id_fkey" FOREIGN KEY ("meeting_id") REFERENCES "meeting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sitting_member" ADD CONSTRAINT "sitting_member_sitting_id_fkey" FOREIGN KEY ("sitting_id") REFERENCES "sitting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sitting_slot" ADD CONSTRAINT "sitting_slot_sitting_id_fkey" FOREIGN KEY ("sitting_id") REFERENCES "sitting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot_reply" ADD CONSTRAINT "slot_reply_slot_id_fkey" FOREIGN KEY ("slot_id") REFERENCES "sitting_slot"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "slot_reply" ADD CONSTRAINT "slot_reply_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "sitting_member"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "handout" ADD CONSTRAINT "handout_sitting_id_fkey" FOREIGN KEY ("sitting_id") REFERENCES "sitting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "handout" ADD CONSTRAINT "handout_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "sitting_member"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sitting_decision" ADD CONSTRAINT "sitting_decision_sitting_id_fkey" FOREIGN KEY ("sitting_id") REFERENCES "sitting"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ── closed lists, and what a 支援会議 cannot do without (社会福祉法106条の6) ──
ALTER TABLE meeting ADD CONSTRAINT meeting_kind CHECK (kind IN ('plan', 'closure', 'confidential', 'council'));
ALTER TABLE meeting ADD CONSTRAINT meeting_urgency CHECK (urgency IN ('none', 'urgent'));
ALTER TABLE meeting ADD CONSTRAINT meeting_legal_basis CHECK (kind <> 'confidential' OR (legal_basis = '106-6' AND cardinality(consent_missing) > 0) IS TRUE);
ALTER TABLE meeting ADD CONSTRAINT meeting_consent_missing CHECK (consent_missing <@ '{refused,not_met,capacity,unaware,would_break,no_time,no_contact,withdrawn,other}'::text[]);
ALTER TABLE sitting ADD CONSTRAINT sitting_status CHECK (status IN ('draft', 'convened', 'invited', 'held', 'minutes_confirmed', 'closed', 'postponed', 'called_off'));
ALTER TABLE sitting ADD CONSTRAINT sitting_format CHECK (format IN ('room', 'online', 'both'));
ALTER TABLE sitting ADD CONSTRAINT sitting_handout_rule CHECK (handout_rule IN ('numbered', 'screen_only', 'none'));
ALTER TABLE sitting ADD CONSTRAINT sitting_invited CHECK (status IN ('draft', 'convened', 'postponed', 'called_off') OR invited_at IS NOT NULL);
ALTER TABLE sitting ADD CONSTRAINT sitting_closed CHECK (status <> 'closed' OR (closed_at IS NOT NULL AND access_until IS NOT NULL));
ALTER TABLE sitting_member ADD CONSTRAINT sitting_member_role CHECK (role IN ('chair', 'secretary', 'member'));
ALTER TABLE sitting_member ADD CONSTRAINT sitting_member_attendance CHECK (attendance IN ('unanswered', 'attends', 'online', 'proxy', 'absent'));
ALTER TABLE sitting_member ADD CONSTRAINT sitting_member_removed CHECK ((removed_at IS NULL) = (remove_reason IS NULL));
CREATE UNIQUE INDEX sitting_member_once ON sitting_member (sitting_id, group_key, coalesce(user_id, '00000000-0000-0000-0000-000000000000')) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX sitting_open_once ON sitting (meeting_id) WHERE status IN ('draft', 'convened', 'invited', 'held', 'minutes_confirmed');
ALTER TABLE slot_reply ADD CONSTRAINT slot_reply_answer CHECK (answer IN ('yes', 'maybe', 'no'));

-- A 支援会議 is convened by the city alone: no contractor, whoever asks and whatever is drawn.
CREATE FUNCTION refuse_foreign_convenor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'confidential' AND NOT EXISTS (SELECT 1 FROM agency a WHERE a.code = NEW.agency_code AND a.kind = 'city' AND NOT a.is_contractor) THEN
    RAISE EXCEPTION 'a confidential meeting is convened by the city alone' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.agency_code, NEW.legal_basis, NEW.consent_missing) IS DISTINCT FROM (OLD.kind, OLD.agency_code, OLD.legal_basis, OLD.consent_missing) THEN
    RAISE EXCEPTION 'what a meeting rests on does not change' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER convenor BEFORE INSERT OR UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION refuse_foreign_convenor();

-- ── who sits there, and who is inside ──
CREATE FUNCTION sitting_seat(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.app_user_id() IS NOT NULL AND EXISTS (SELECT 1 FROM public.sitting_member m WHERE m.sitting_id = wanted AND m.removed_at IS NULL
    AND CASE WHEN m.user_id IS NULL THEN m.group_key = ANY (public.app_groups()) ELSE m.user_id = public.app_user_id() END) $$;

-- A pledge for this sitting and no other: one of a year or a term of office does not open a 支援会議. It counts as long as the
-- person works where they pledged.
CREATE FUNCTION sitting_pledged(wanted uuid, who uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.pledge p JOIN public.app_user u ON u.id = p.user_id
    WHERE p.sitting_id = wanted AND p.valid_for = 'sitting' AND p.user_id = who AND u.active AND u.agency_code = p.agency_code AND p.recorded_at <= public.app_now()) $$;

-- The seats for which nobody has pledged. A seat of a group is pledged when one of the group is; who has not pledged reads nothing.
CREATE FUNCTION sitting_unpledged(wanted uuid) RETURNS SETOF public.sitting_member LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.* FROM public.sitting_member m WHERE m.sitting_id = wanted AND m.removed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM public.pledge p WHERE p.sitting_id = wanted AND p.user_id IS NOT NULL AND public.sitting_pledged(wanted, p.user_id)
      AND CASE WHEN m.user_id IS NULL THEN EXISTS (SELECT 1 FROM public.membership g WHERE g.group_key = m.group_key AND g.user_id = p.user_id) ELSE m.user_id = p.user_id END) $$;

-- Inside a 支援会議: a seat in this sitting, one's own pledge for it, everybody else's too, from the invitation until some days
-- after its close. The chair and the secretary look after the case between sittings: theirs lasts as long as the meeting goes on.
CREATE FUNCTION sitting_inside(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.sitting_seat(wanted) AND public.sitting_pledged(wanted, public.app_user_id()) AND NOT EXISTS (SELECT 1 FROM public.sitting_unpledged(wanted))
    AND EXISTS (SELECT 1 FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id
      WHERE s.id = wanted AND t.kind = 'confidential' AND s.status IN ('invited', 'held', 'minutes_confirmed', 'closed') AND s.invited_at <= public.app_now()
        AND (s.access_until IS NULL OR s.access_until > public.app_now() OR (t.closed_at IS NULL AND EXISTS (SELECT 1 FROM public.sitting_member m
          WHERE m.sitting_id = wanted AND m.removed_at IS NULL AND m.role IN ('chair', 'secretary') AND m.group_key = ANY (public.app_groups()))))) $$;

-- Who arranges meetings sees them without a seat: the meeting office all, coordinators those that their agency convened. Dates, places,
-- seats, never what is said. Not a 支援会議.
CREATE FUNCTION app_arranges(meeting_agency text, meeting_kind text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT meeting_kind <> 'confidential' AND ('meetingConvenor' = ANY (coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}'))
    OR (meeting_agency = current_setting('app.agency', true) AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator,chair}')) $$;
CREATE FUNCTION sitting_shown(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT public.sitting_seat(wanted) OR EXISTS (SELECT 1 FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id
    WHERE s.id = wanted AND public.app_arranges(t.agency_code, t.kind)) $$;
-- Who sits there, what was decided: to all of a 重層的支援会議, to those inside of a 支援会議.
CREATE FUNCTION sitting_opened(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE (SELECT t.kind FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id WHERE s.id = wanted) WHEN 'confidential' THEN public.sitting_inside(wanted) ELSE public.sitting_shown(wanted) END $$;
-- How many sittings were held in a span of time, by kind, and how many cases they were about: numbers, for everybody who works here.
CREATE FUNCTION count_sittings(from_at timestamptz, to_at timestamptz) RETURNS TABLE (kind text, sittings bigint, cases bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.kind, count(DISTINCT s.id), count(c.case_id) FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id LEFT JOIN public.meeting_case c ON c.meeting_id = t.id
  WHERE s.held_at >= from_at AND s.held_at < to_at AND s.status IN ('held', 'minutes_confirmed', 'closed') GROUP BY t.kind $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['sitting_seat(uuid)','sitting_pledged(uuid, uuid)','sitting_unpledged(uuid)','sitting_inside(uuid)','sitting_shown(uuid)','sitting_opened(uuid)','count_sittings(timestamptz, timestamptz)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;

-- ── rows ── Nothing of a meeting is deleted.
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['meeting','meeting_case','sitting','sitting_member','sitting_slot','slot_reply','handout','sitting_decision'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tsunagi_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['meeting','sitting','sitting_member','slot_reply','handout','sitting_decision'] LOOP
    EXECUTE format('GRANT UPDATE ON %I TO tsunagi_app', t);
  END LOOP;
END $$;
CREATE POLICY person_reads ON sitting FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND sitting_shown(id));
CREATE POLICY person_reads ON meeting FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (app_arranges(agency_code, kind) OR EXISTS (SELECT 1 FROM sitting s WHERE s.meeting_id = meeting.id)));
CREATE POLICY person_reads ON meeting_case FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM sitting s WHERE s.meeting_id = meeting_case.meeting_id AND sitting_opened(s.id)));
CREATE POLICY person_reads ON sitting_member FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (sitting_opened(sitting_id)
  OR (removed_at IS NULL AND sitting_seat(sitting_id) AND (user_id = (SELECT app_user_id()) OR group_key = ANY ((SELECT app_groups())::text[])))));
CREATE POLICY person_reads ON sitting_slot FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND sitting_shown(sitting_id));
CREATE POLICY person_reads ON slot_reply FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM sitting_slot s WHERE s.id = slot_id));
CREATE POLICY person_reads ON handout FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND sitting_opened(sitting_id));
-- the doer of a task sees it without the minutes
CREATE POLICY person_reads ON sitting_decision FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (group_key = ANY ((SELECT app_groups())::text[]) OR sitting_opened(sitting_id)));

-- What was written for a 支援会議 is read by those inside that sitting and by nobody else; what was written for a
-- 重層的支援会議 only while its case may be seen (the rules for `team`).
CREATE POLICY sitting_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND compartment = 'confidential' AND sitting_id IS NOT NULL AND sitting_inside(sitting_id));
CREATE OR REPLACE FUNCTION carried_submissions(wanted uuid, records text[]) RETURNS TABLE (record text, answers jsonb, compartment text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, s.answers, s.compartment FROM public.submission s, asker a
  WHERE s.case_id = wanted AND s.record = ANY (records)
    AND CASE WHEN s.compartment = 'confidential' THEN s.sitting_id IS NOT NULL AND public.sitting_inside(s.sitting_id)
      ELSE a.engine OR (public.app_scope() = 'person' AND (a.holds OR a.reaches)) END
  ORDER BY s.submitted_at DESC, s.id DESC $$;

-- ── rights that follow from a seat ── Only in a 重層的支援会議, and only as far as the consent of the case reaches now.
CREATE FUNCTION refuse_meeting_right() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.basis = 'meeting' AND EXISTS (SELECT 1 FROM sitting s JOIN meeting t ON t.id = s.meeting_id WHERE s.id = NEW.basis_id AND t.kind = 'confidential') THEN
    RAISE EXCEPTION 'a confidential meeting gives no right to a case' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER meeting_right BEFORE INSERT ON case_access FOR EACH ROW EXECUTE FUNCTION refuse_meeting_right();
CREATE FUNCTION conference_consent(wanted uuid, agency text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id FROM public.consent c WHERE c.case_id = wanted AND c.subject = 'self' AND public.consent_holds(c.id, public.app_now()) AND 'conference' = ANY (public.consent_types(c.id))
    AND public.consent_agrees(c.id, agency) AND cardinality(public.consent_items(c.id)) > 0 ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1 $$;
-- What is withdrawn, narrowed or replaced bounds the rights of every seat before the transaction commits, whatever code wrote it.
CREATE FUNCTION bound_meeting_rights() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r record; left_items text[];
BEGIN
  FOR r IN SELECT a.id, a.items, public.conference_consent(a.case_id, m.agency_code) AS consent_id FROM public.case_access a JOIN public.sitting_member m ON m.sitting_id = a.basis_id AND a.reader = coalesce(m.user_id::text, m.group_key) AND m.removed_at IS NULL
    WHERE a.case_id = NEW.case_id AND a.basis = 'meeting' AND a.ended_at IS NULL
  LOOP
    left_items := CASE WHEN r.consent_id IS NULL THEN '{}' WHEN r.items IS NULL THEN public.consent_items(r.consent_id) ELSE ARRAY(SELECT unnest(r.items) INTERSECT SELECT unnest(public.consent_items(r.consent_id)) ORDER BY 1) END;
    IF cardinality(left_items) = 0 THEN UPDATE public.case_access SET ended_at = public.app_now(), end_reason = 'consent_' || NEW.kind WHERE id = r.id;
    ELSE UPDATE public.case_access SET items = left_items WHERE id = r.id; END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER meeting_rights AFTER INSERT ON consent_end DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bound_meeting_rights();

-- What a seat in a 重層的支援会議 may be shown of a case (domain/meetings/dossier.ts picks the fields): nothing without a seat, before the
-- invitation, after the window, or where the consent does not cover the agency of the seat now. Nothing confidential, ever, and of what
-- an agency keeps to itself only intake and assessment, which the consent is about.
CREATE FUNCTION dossier_submissions(wanted uuid, wanted_case uuid) RETURNS TABLE (record text, answers jsonb, submitted_at timestamptz, agency_code text, consent_id uuid, items text[], members text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH seat AS (SELECT m.agency_code, public.conference_consent(c.case_id, m.agency_code) AS consent_id FROM public.sitting s JOIN public.meeting t ON t.id = s.meeting_id
      JOIN public.meeting_case c ON c.meeting_id = t.id AND c.case_id = wanted_case
      JOIN public.sitting_member m ON m.sitting_id = s.id AND m.removed_at IS NULL AND CASE WHEN m.user_id IS NULL THEN m.group_key = ANY (public.app_groups()) ELSE m.user_id = public.app_user_id() END
    WHERE s.id = wanted AND public.app_user_id() IS NOT NULL AND t.kind IN ('plan', 'closure') AND s.status IN ('invited', 'held', 'minutes_confirmed', 'closed')
      AND s.invited_at <= public.app_now() AND (s.access_until IS NULL OR s.access_until > public.app_now())),
  basis AS (SELECT seat.consent_id, public.consent_items(seat.consent_id) AS items, ARRAY(SELECT c.member_name FROM public.consent c WHERE c.case_id = wanted_case AND c.subject = 'member'
      AND public.consent_holds(c.id, public.app_now()) AND public.consent_agrees(c.id, seat.agency_code)) AS members FROM seat WHERE seat.consent_id IS NOT NULL LIMIT 1)
  SELECT s.record, s.answers, s.submitted_at, s.agency_code, b.consent_id, b.items, b.members FROM basis b
    LEFT JOIN public.submission s ON s.case_id = wanted_case AND s.record IS NOT NULL AND (s.compartment = 'team' OR (s.compartment = 'agency' AND s.record ~ '^F0[123]([.]|$)')) ORDER BY s.submitted_at DESC, s.id DESC $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['conference_consent(uuid, text)','dossier_submissions(uuid, uuid)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;

-- What was written in the 支援会議 of a case, by field and without a word of it: what has to be asked anew, or confirmed with the
-- person, once they agree (T-P03-08). Nothing is copied.
CREATE FUNCTION conversion_items(wanted uuid) RETURNS TABLE (record text, form_key text, field text, times bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.record, s.form_key, k.key, count(*) FROM public.submission s, jsonb_each(s.answers) AS k(key, value)
  WHERE s.case_id = wanted AND s.compartment = 'confidential' AND s.record ~ '^F(09|16)([.]|$)' AND k.value NOT IN ('null'::jsonb, '""'::jsonb, '[]'::jsonb, 'false'::jsonb)
    AND public.app_scope() = 'person' AND public.case_reach(wanted, 'content') AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator,chair}'
  GROUP BY s.record, s.form_key, k.key ORDER BY s.record, s.form_key, k.key $$;
REVOKE ALL ON FUNCTION conversion_items(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION conversion_items(uuid) TO tsunagi_app;
