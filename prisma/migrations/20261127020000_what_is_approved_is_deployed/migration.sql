-- P13 governs what is deployed: a change names a process or a standing form (process_key is its key), the content that was checked is kept with it, a second
-- person approves exactly this, and what a person deploys is that, once, from its day on (decision 0019).
ALTER TABLE "definition_change" ADD COLUMN "target_kind" TEXT NOT NULL DEFAULT 'process',
  ADD COLUMN "instance_id" UUID,
  ADD COLUMN "candidate_id" UUID,
  ADD COLUMN "deployed_at" TIMESTAMPTZ(3);
ALTER TABLE definition_change ADD CONSTRAINT definition_change_target CHECK (target_kind IN ('process', 'form'));

CREATE TABLE "definition_candidate" (
    "id" UUID NOT NULL,
    "change_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "xml" TEXT,
    "forms" JSONB NOT NULL,
    "effect" JSONB NOT NULL,
    "given_by_id" UUID NOT NULL,
    "given_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "definition_candidate_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "definition_candidate_change_id_given_at_idx" ON "definition_candidate"("change_id", "given_at");
ALTER TABLE "definition_candidate" ADD CONSTRAINT "definition_candidate_change_id_fkey" FOREIGN KEY ("change_id") REFERENCES "definition_change"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE definition_candidate ADD CONSTRAINT definition_candidate_kind CHECK (kind IN ('process', 'form') AND (kind = 'process') = (xml IS NOT NULL));

ALTER TABLE "process_definition" ADD COLUMN "change_id" UUID;
ALTER TABLE "standing_form" ADD COLUMN "change_id" UUID;
-- an approval is used once
CREATE UNIQUE INDEX "process_definition_change_id_key" ON "process_definition"("change_id");
CREATE UNIQUE INDEX "standing_form_change_id_key" ON "standing_form"("change_id");

GRANT SELECT, INSERT ON definition_candidate TO tsunagi_app;
ALTER TABLE definition_candidate ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON definition_candidate TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON definition_candidate FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON definition_candidate FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON definition_candidate FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ── How a change may go: nobody is written in as the one who approved, nothing is exchanged after it was tried ──
CREATE FUNCTION refuse_change_past_the_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept definition_candidate;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'drafted' OR NEW.approved_by_id IS NOT NULL OR NEW.candidate_id IS NOT NULL OR NEW.deployed_at IS NOT NULL THEN
      RAISE EXCEPTION 'a change of a definition begins as a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.deployed_at IS NOT NULL AND (NEW.status NOT IN ('published', 'told')
    OR (NEW.target_kind, NEW.process_key, NEW.drafters, NEW.candidate_id, NEW.approved_by_id, NEW.approved_at, NEW.effective_on, NEW.version, NEW.deployed_at)
      IS DISTINCT FROM (OLD.target_kind, OLD.process_key, OLD.drafters, OLD.candidate_id, OLD.approved_by_id, OLD.approved_at, OLD.effective_on, OLD.version, OLD.deployed_at)) THEN
    RAISE EXCEPTION 'change % has been deployed', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.instance_id IS NOT NULL AND NEW.instance_id IS DISTINCT FROM OLD.instance_id THEN RAISE EXCEPTION 'change % stays in its process', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  IF NOT NEW.drafters @> OLD.drafters THEN RAISE EXCEPTION 'who had a hand in change % stays named', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  IF NEW.approved_by_id IS NOT NULL AND (NEW.approved_by_id, NEW.approved_at) IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at)
    AND (NEW.approved_by_id IS DISTINCT FROM app_user_id() OR NOT decides_for_city(NEW.approved_by_id)) THEN
    RAISE EXCEPTION 'change % is approved by the chair or director who approves it', NEW.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.candidate_id, NEW.target_kind, NEW.process_key) IS DISTINCT FROM (OLD.candidate_id, OLD.target_kind, OLD.process_key) THEN
    IF NEW.status NOT IN ('drafted', 'returned') THEN RAISE EXCEPTION 'what was tried of change % is what is approved', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
    SELECT * INTO kept FROM definition_candidate WHERE id = NEW.candidate_id;
    IF NEW.candidate_id IS NOT NULL AND (kept.change_id, kept.kind, kept.key) IS DISTINCT FROM (NEW.id, NEW.target_kind, NEW.process_key) THEN
      RAISE EXCEPTION 'candidate of another change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.candidate_id IS NOT NULL AND kept.given_by_id <> ALL (NEW.drafters) THEN RAISE EXCEPTION 'whoever gave the candidate had a hand in change %', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  END IF;
  IF NEW.status = 'approved' AND OLD.status <> 'approved' AND (OLD.status <> 'tried' OR NEW.candidate_id IS NULL) THEN RAISE EXCEPTION 'change % was not tried', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  IF NEW.status = 'published' AND OLD.status NOT IN ('approved', 'published', 'told') THEN RAISE EXCEPTION 'change % was not approved', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  IF NEW.status = 'told' AND OLD.status NOT IN ('published', 'told') THEN RAISE EXCEPTION 'change % was not published', NEW.id USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE INSERT OR UPDATE ON definition_change FOR EACH ROW EXECUTE FUNCTION refuse_change_past_the_second_person();

-- ── A version that a person deploys is what was approved, of this key, from its day on. Whoever has the machine deploys without a person. ──
CREATE FUNCTION refuse_unapproved_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kind text := CASE TG_TABLE_NAME WHEN 'process_definition' THEN 'process' ELSE 'form' END;
  stored jsonb := to_jsonb(NEW);
  change definition_change;
  kept definition_candidate;
BEGIN
  IF NEW.change_id IS NULL THEN
    IF NEW.deployed_by_id IS NOT NULL OR app_user_id() IS NOT NULL THEN RAISE EXCEPTION 'a person deploys what was approved' USING ERRCODE = 'restrict_violation'; END IF;
    RETURN NEW;
  END IF;
  IF NEW.deployed_by_id IS DISTINCT FROM app_user_id() THEN RAISE EXCEPTION 'deployed by whoever deploys' USING ERRCODE = 'restrict_violation'; END IF;
  SELECT * INTO change FROM definition_change WHERE id = NEW.change_id;
  SELECT * INTO kept FROM definition_candidate WHERE id = change.candidate_id;
  IF change.id IS NULL OR change.status NOT IN ('published', 'told') OR change.deployed_at IS NOT NULL OR change.target_kind <> kind OR change.process_key <> NEW.key THEN
    RAISE EXCEPTION 'no approval for this version' USING ERRCODE = 'restrict_violation';
  END IF;
  IF change.effective_on IS NULL OR change.effective_on > (app_now() AT TIME ZONE 'Asia/Tokyo')::date THEN RAISE EXCEPTION 'not yet effective' USING ERRCODE = 'restrict_violation'; END IF;
  IF kept.xml IS DISTINCT FROM stored ->> 'xml' OR kept.forms IS DISTINCT FROM (CASE kind WHEN 'process' THEN stored -> 'forms' ELSE jsonb_build_object(NEW.key, stored -> 'schema') END) THEN
    RAISE EXCEPTION 'not what was approved' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approved_version BEFORE INSERT ON process_definition FOR EACH ROW EXECUTE FUNCTION refuse_unapproved_version();
CREATE TRIGGER approved_version BEFORE INSERT ON standing_form FOR EACH ROW EXECUTE FUNCTION refuse_unapproved_version();
