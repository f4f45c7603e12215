-- What somebody agreed to (F10), who pledged secrecy (F11), what was given to whom (提供記録), and requests to see it (F18).

-- AlterTable
ALTER TABLE "timer" ADD COLUMN     "about_id" UUID,
ADD COLUMN     "case_id" UUID;

-- CreateTable
CREATE TABLE "legal_basis" (
    "code" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "article" TEXT NOT NULL,
    "consent" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "legal_basis_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "city_setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "city_setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "consent" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "member_name" TEXT,
    "state" TEXT NOT NULL,
    "types" TEXT[],
    "items" TEXT[],
    "place_name" TEXT,
    "method" TEXT,
    "explained" TEXT[],
    "explained_on" TEXT,
    "legal_basis" TEXT NOT NULL,
    "notice_version" TEXT,
    "valid_from" TIMESTAMPTZ(3),
    "valid_until" TIMESTAMPTZ(3),
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_by_id" UUID,
    "agency_code" TEXT NOT NULL,

    CONSTRAINT "consent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "consent_agency" (
    "consent_id" UUID NOT NULL,
    "agency_code" TEXT NOT NULL,
    "answer" TEXT NOT NULL,

    CONSTRAINT "consent_agency_pkey" PRIMARY KEY ("consent_id","agency_code")
);

-- CreateTable
CREATE TABLE "consent_end" (
    "id" UUID NOT NULL,
    "consent_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "agencies" TEXT[],
    "items" TEXT[],
    "types" TEXT[],
    "submission_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,

    CONSTRAINT "consent_end_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "consent_evidence" (
    "id" UUID NOT NULL,
    "consent_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "about" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,

    CONSTRAINT "consent_evidence_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "disclosure" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "to_kind" TEXT NOT NULL,
    "to_code" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "items" TEXT[],
    "legal_basis" TEXT NOT NULL,
    "consent_id" UUID,
    "meeting_id" UUID,
    "submission_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,
    "agency_code" TEXT,

    CONSTRAINT "disclosure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pledge" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "person_name" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "capacity" TEXT NOT NULL,
    "text_version" TEXT NOT NULL,
    "understood" TEXT[],
    "valid_for" TEXT NOT NULL,
    "sitting_id" UUID,
    "signed_on" TEXT NOT NULL,
    "valid_until" TIMESTAMPTZ(3),
    "submission_id" UUID,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_by_id" UUID,

    CONSTRAINT "pledge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "disclosure_request" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "requester" TEXT NOT NULL,
    "received_on" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_by_id" UUID,

    CONSTRAINT "disclosure_request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "disclosure_reply" (
    "id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "submission_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,

    CONSTRAINT "disclosure_reply_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "consent_case_id_subject_recorded_at_idx" ON "consent"("case_id", "subject", "recorded_at");

-- CreateIndex
CREATE INDEX "consent_end_consent_id_idx" ON "consent_end"("consent_id");

-- CreateIndex
CREATE INDEX "consent_end_case_id_idx" ON "consent_end"("case_id");

-- CreateIndex
CREATE INDEX "consent_evidence_consent_id_idx" ON "consent_evidence"("consent_id");

-- CreateIndex
CREATE INDEX "disclosure_case_id_at_idx" ON "disclosure"("case_id", "at");

-- CreateIndex
CREATE INDEX "disclosure_consent_id_idx" ON "disclosure"("consent_id");

-- CreateIndex
CREATE INDEX "pledge_user_id_valid_for_idx" ON "pledge"("user_id", "valid_for");

-- CreateIndex
CREATE INDEX "pledge_sitting_id_idx" ON "pledge"("sitting_id");

-- CreateIndex
CREATE INDEX "disclosure_request_case_id_recorded_at_idx" ON "disclosure_request"("case_id", "recorded_at");

-- CreateIndex
CREATE INDEX "disclosure_reply_request_id_idx" ON "disclosure_reply"("request_id");

-- AddForeignKey
ALTER TABLE "consent" ADD CONSTRAINT "consent_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent" ADD CONSTRAINT "consent_submission_id_fkey" FOREIGN KEY ("submission_id") REFERENCES "submission"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent" ADD CONSTRAINT "consent_legal_basis_fkey" FOREIGN KEY ("legal_basis") REFERENCES "legal_basis"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent_agency" ADD CONSTRAINT "consent_agency_consent_id_fkey" FOREIGN KEY ("consent_id") REFERENCES "consent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent_agency" ADD CONSTRAINT "consent_agency_agency_code_fkey" FOREIGN KEY ("agency_code") REFERENCES "agency"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent_end" ADD CONSTRAINT "consent_end_consent_id_fkey" FOREIGN KEY ("consent_id") REFERENCES "consent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "consent_evidence" ADD CONSTRAINT "consent_evidence_consent_id_fkey" FOREIGN KEY ("consent_id") REFERENCES "consent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disclosure" ADD CONSTRAINT "disclosure_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disclosure" ADD CONSTRAINT "disclosure_legal_basis_fkey" FOREIGN KEY ("legal_basis") REFERENCES "legal_basis"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disclosure_request" ADD CONSTRAINT "disclosure_request_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "disclosure_reply" ADD CONSTRAINT "disclosure_reply_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "disclosure_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "disclosure" ADD CONSTRAINT "disclosure_consent_id_fkey" FOREIGN KEY ("consent_id") REFERENCES "consent"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ── closed lists, and what a given consent cannot do without ──
ALTER TABLE consent ADD CONSTRAINT consent_subject CHECK ((subject = 'self' AND member_name IS NULL) OR (subject = 'member' AND member_name IS NOT NULL));
ALTER TABLE consent ADD CONSTRAINT consent_state CHECK (state IN ('considering', 'full', 'partial', 'refused', 'incapable'));
ALTER TABLE consent ADD CONSTRAINT consent_given CHECK (state NOT IN ('full', 'partial') OR (method IS NOT NULL AND cardinality(types) > 0 AND cardinality(items) > 0 AND cardinality(explained) > 0
  AND explained_on IS NOT NULL AND valid_from IS NOT NULL AND valid_until IS NOT NULL AND valid_until > valid_from));
ALTER TABLE consent_agency ADD CONSTRAINT consent_agency_answer CHECK (answer IN ('agreed', 'excluded'));
ALTER TABLE consent_end ADD CONSTRAINT consent_end_kind CHECK (kind IN ('withdrawn', 'narrowed', 'expired', 'superseded'));
ALTER TABLE consent_end ADD CONSTRAINT consent_end_part CHECK ((kind = 'narrowed') = (cardinality(agencies) + cardinality(items) + cardinality(types) > 0));
CREATE UNIQUE INDEX consent_end_once ON consent_end (consent_id) WHERE kind <> 'narrowed';
ALTER TABLE consent_evidence ADD CONSTRAINT consent_evidence_kind CHECK (kind IN ('paper', 'electronic', 'oral_note', 'recording', 'proxy_proof', 'capacity_note'));
ALTER TABLE consent_evidence ADD CONSTRAINT consent_evidence_about CHECK (about IN ('consent', 'withdrawal'));
ALTER TABLE disclosure ADD CONSTRAINT disclosure_to_kind CHECK (to_kind IN ('agency', 'place', 'subject', 'authority'));
ALTER TABLE disclosure ADD CONSTRAINT disclosure_items CHECK (cardinality(items) > 0);
ALTER TABLE disclosure ADD CONSTRAINT disclosure_basis CHECK ((legal_basis = '69-2-1') = (consent_id IS NOT NULL));
ALTER TABLE pledge ADD CONSTRAINT pledge_valid_for CHECK (valid_for IN ('sitting', 'fiscal_year', 'term'));
ALTER TABLE pledge ADD CONSTRAINT pledge_sitting CHECK ((valid_for = 'sitting') = (sitting_id IS NOT NULL));
ALTER TABLE pledge ADD CONSTRAINT pledge_year CHECK ((valid_for = 'fiscal_year') = (valid_until IS NOT NULL));
ALTER TABLE disclosure_request ADD CONSTRAINT disclosure_request_kind CHECK (kind IN ('disclosure', 'correction', 'stop_use'));
ALTER TABLE disclosure_request ADD CONSTRAINT disclosure_request_requester CHECK (requester IN ('self', 'legal_representative', 'voluntary_representative'));
ALTER TABLE disclosure_reply ADD CONSTRAINT disclosure_reply_kind CHECK (kind IN ('extended', 'open_all', 'open_part', 'refused', 'absent', 'withdrawn'));
CREATE UNIQUE INDEX disclosure_reply_once ON disclosure_reply (request_id) WHERE kind <> 'extended';
CREATE UNIQUE INDEX timer_domain_once ON timer (rule, about_id) WHERE kind = 'domain' AND status = 'pending';
ALTER TABLE timer ADD CONSTRAINT timer_domain CHECK (kind <> 'domain' OR (rule IS NOT NULL AND about_id IS NOT NULL AND instance_id IS NULL AND task_id IS NULL));

-- National law, the same for every city (domain.md §3.1, casework.md §3.3).
INSERT INTO legal_basis (code, title, article, consent) VALUES
  ('69-2-1', '本人の同意', '個人情報保護法69条2項1号', true),
  ('69-2-2', '市の内部での利用（所掌事務に必要で相当の理由）', '個人情報保護法69条2項2号', false),
  ('69-2-3', '他の行政機関等への提供（必要で相当の理由）', '個人情報保護法69条2項3号', false),
  ('69-2-4', '明らかに本人の利益になるとき、その他の特別の理由', '個人情報保護法69条2項4号', false),
  ('27-1', '民間機関からの提供（法令、生命・身体の保護、児童の健全育成、公の事務への協力）', '個人情報保護法27条1項各号', false),
  ('66-2', '委託先による取扱い', '個人情報保護法66条2項', false),
  ('76', '本人への開示', '個人情報保護法76条', false),
  ('106-6', '支援会議', '社会福祉法106条の6', false),
  ('abuse_notice', '虐待の通告・通報', '児童福祉法25条・高齢者虐待防止法7条・障害者虐待防止法7条', false),
  ('imminent_danger', '生命・身体への差し迫った危険', '個人情報保護法69条2項4号', false);

-- ── append-only: a consent once given never changes, nor does what was shared under it ──
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['consent','consent_agency','consent_end','consent_evidence','disclosure','pledge','disclosure_request','disclosure_reply'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO tsunagi_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['consent','consent_end','consent_evidence','disclosure','disclosure_request','disclosure_reply'] LOOP
    EXECUTE format('CREATE POLICY person_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'' AND case_reach(case_id, ''content''))', t);
  END LOOP;
END $$;
CREATE POLICY person_reads ON consent_agency FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM consent c WHERE c.id = consent_id));
-- one's own pledges; all of them for those who convene and those who audit
CREATE POLICY person_reads ON pledge FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (user_id = (SELECT app_user_id())
  OR coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{meetingConvenor,chair,auditor}'));
GRANT SELECT ON legal_basis, city_setting TO tsunagi_app;

-- An agency added to a consent after the day it was given would be a change of it.
CREATE FUNCTION refuse_late_scope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT c.xmin::text FROM consent c WHERE c.id = NEW.consent_id) IS DISTINCT FROM (txid_current() % 4294967296)::text THEN
    RAISE EXCEPTION 'the scope of consent % was closed when it was given', NEW.consent_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closed_scope BEFORE INSERT ON consent_agency FOR EACH ROW EXECUTE FUNCTION refuse_late_scope();

-- What of a consent holds at a moment: nothing once it was withdrawn, has expired or was replaced; less once it was narrowed.
CREATE FUNCTION consent_holds(wanted uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM consent c WHERE c.id = wanted AND c.state IN ('full', 'partial') AND c.valid_from <= at AND c.valid_until > at
    AND NOT EXISTS (SELECT 1 FROM consent_end e WHERE e.consent_id = c.id AND e.kind <> 'narrowed')) $$;
CREATE FUNCTION consent_items(wanted uuid) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(i ORDER BY i), '{}') FROM consent c, unnest(c.items) AS i
  WHERE c.id = wanted AND NOT EXISTS (SELECT 1 FROM consent_end e WHERE e.consent_id = c.id AND e.kind = 'narrowed' AND i = ANY (e.items)) $$;
CREATE FUNCTION consent_types(wanted uuid) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(i ORDER BY i), '{}') FROM consent c, unnest(c.types) AS i
  WHERE c.id = wanted AND NOT EXISTS (SELECT 1 FROM consent_end e WHERE e.consent_id = c.id AND e.kind = 'narrowed' AND i = ANY (e.types)) $$;
CREATE FUNCTION consent_agrees(wanted uuid, agency text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM consent_agency a WHERE a.consent_id = wanted AND a.agency_code = agency AND a.answer = 'agreed'
    AND NOT EXISTS (SELECT 1 FROM consent_end e WHERE e.consent_id = wanted AND e.kind = 'narrowed' AND agency = ANY (e.agencies))) $$;

-- Nothing is given out under a consent that does not hold, is another case's, or does not cover the receiver or the item.
CREATE FUNCTION refuse_uncovered_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.consent_id IS NULL THEN RETURN NEW; END IF;
  IF NOT EXISTS (SELECT 1 FROM consent c WHERE c.id = NEW.consent_id AND c.case_id = NEW.case_id)
     OR NOT consent_holds(NEW.consent_id, NEW.at)
     OR (NEW.to_kind = 'agency' AND NOT consent_agrees(NEW.consent_id, NEW.to_code))
     OR NOT NEW.items <@ consent_items(NEW.consent_id) THEN
    RAISE EXCEPTION 'consent % does not cover this disclosure', NEW.consent_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER covered BEFORE INSERT ON disclosure FOR EACH ROW EXECUTE FUNCTION refuse_uncovered_disclosure();

-- Which kind of content (F10 共有する情報の範囲) a 帳票 holds; null: what everybody in the case team may see of it.
CREATE FUNCTION record_item(record text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN record IS NULL OR record ~ '^F1[0178]([.]|$)' THEN NULL WHEN record ~ '^F0[12]([.]|$)' OR record ~ '^F12([.]|$)' THEN 'basic'
    WHEN record ~ '^F03([.]|$)' THEN 'health' WHEN record ~ '^F09([.]|$)' THEN 'meeting' ELSE 'progress' END $$;
-- A right that follows from a consent reaches the kinds of content that the consent names.
CREATE FUNCTION case_reach_item(wanted uuid, item text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = wanted AND a.reader = ANY (public.app_case_readers()) AND a.ended_at IS NULL
    AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now()) AND a.level = 'content'
    AND (a.items IS NULL OR item IS NULL OR item = ANY (a.items))) $$;
REVOKE ALL ON FUNCTION case_reach_item(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_reach_item(uuid, text) TO tsunagi_app;
CREATE POLICY within_consent ON submission AS RESTRICTIVE FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team'
  OR EXISTS (SELECT 1 FROM task t WHERE t.id = task_id) OR case_reach_item(case_id, record_item(record)));
