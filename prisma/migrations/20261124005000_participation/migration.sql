-- Outreach, participation support, and the directory of social resources.

CREATE TABLE "social_resource" (
    "id" UUID NOT NULL,
    "no" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kinds" TEXT[],
    "owner" TEXT,
    "address" TEXT,
    "area" TEXT,
    "purposes" TEXT[],
    "interests" TEXT[],
    "days" TEXT[],
    "access" TEXT[],
    "group_size" TEXT,
    "cost_yen" INTEGER,
    "cost_note" TEXT,
    "age_from" INTEGER,
    "age_to" INTEGER,
    "gender" TEXT,
    "supports" TEXT[],
    "capacity" INTEGER,
    "conditions" TEXT,
    "contact_rule" TEXT,
    "opening" TEXT,
    "verified_on" DATE NOT NULL,
    "verified_by" TEXT NOT NULL,
    "registered_on" DATE NOT NULL,
    "closed_on" DATE,
    "reminded_at" TIMESTAMPTZ(3),

    CONSTRAINT "social_resource_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "social_resource_no_key" ON "social_resource"("no");
CREATE INDEX "social_resource_verified_on_idx" ON "social_resource"("verified_on");

CREATE TABLE "resource_check" (
    "id" UUID NOT NULL,
    "resource_id" UUID NOT NULL,
    "submission_id" UUID,
    "result" TEXT NOT NULL,
    "checked_on" DATE NOT NULL,
    "checked_by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "resource_check_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "resource_check_resource_id_at_idx" ON "resource_check"("resource_id", "at");

CREATE TABLE "development_item" (
    "id" UUID NOT NULL,
    "no" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "purposes" TEXT[],
    "area" TEXT,
    "status" TEXT NOT NULL DEFAULT 'open',
    "owner_group" TEXT NOT NULL,
    "owner_id" UUID,
    "resource_id" UUID,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "development_item_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "development_item_no_key" ON "development_item"("no");
CREATE INDEX "development_item_status_opened_at_idx" ON "development_item"("status", "opened_at");

CREATE TABLE "participation" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "plan_no" TEXT,
    "purposes" TEXT[],
    "criteria" JSONB NOT NULL,
    "stage" TEXT NOT NULL DEFAULT 'wish',
    "outcome" TEXT,
    "stable_on" DATE,
    "connected_on" DATE,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "participation_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "participation_case_id_idx" ON "participation"("case_id");
CREATE INDEX "participation_connected_on_idx" ON "participation"("connected_on");

CREATE TABLE "participation_search" (
    "id" UUID NOT NULL,
    "participation_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "resource_id" UUID,
    "place" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "condition" TEXT,
    "line" INTEGER NOT NULL DEFAULT 0,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "participation_search_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "participation_search_participation_id_at_idx" ON "participation_search"("participation_id", "at");

CREATE TABLE "participation_trial" (
    "id" UUID NOT NULL,
    "participation_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "resource_id" UUID NOT NULL,
    "tried_on" DATE NOT NULL,
    "result" TEXT NOT NULL,
    "line" INTEGER NOT NULL DEFAULT 0,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "participation_trial_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "participation_trial_participation_id_at_idx" ON "participation_trial"("participation_id", "at");

CREATE TABLE "participation_match" (
    "id" UUID NOT NULL,
    "participation_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "resource_id" UUID NOT NULL,
    "start_on" DATE NOT NULL,
    "frequency" TEXT,
    "role" TEXT,
    "receiver_staff" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "ended_on" DATE,
    "end_reason" TEXT,

    CONSTRAINT "participation_match_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "participation_match_participation_id_idx" ON "participation_match"("participation_id");

CREATE TABLE "participation_follow_up" (
    "id" UUID NOT NULL,
    "participation_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "round" INTEGER NOT NULL,
    "held_on" DATE NOT NULL,
    "result" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "participation_follow_up_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "participation_follow_up_participation_id_round_key" ON "participation_follow_up"("participation_id", "round");

CREATE TABLE "participation_gap" (
    "participation_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,

    CONSTRAINT "participation_gap_pkey" PRIMARY KEY ("participation_id","item_id")
);

CREATE TABLE "outreach" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "start_basis" TEXT NOT NULL,
    "basis_id" UUID,
    "agency_code" TEXT NOT NULL,
    "discovered_by" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "two_persons" BOOLEAN NOT NULL DEFAULT false,
    "attempt_limit" INTEGER,
    "next_contact_on" DATE,
    "review_on" DATE NOT NULL,
    "recheck_on" DATE NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "outreach_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "outreach_case_id_idx" ON "outreach"("case_id");

CREATE TABLE "outreach_stage" (
    "id" UUID NOT NULL,
    "outreach_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "stage" TEXT NOT NULL,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outreach_stage_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "outreach_stage_outreach_id_number_key" ON "outreach_stage"("outreach_id", "number");

CREATE TABLE "outreach_attempt" (
    "id" UUID NOT NULL,
    "outreach_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "method" TEXT NOT NULL,
    "pairs" BOOLEAN NOT NULL,
    "result" TEXT NOT NULL,
    "next_contact_on" DATE,
    "held_at" TIMESTAMPTZ(3) NOT NULL,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outreach_attempt_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "outreach_attempt_outreach_id_number_key" ON "outreach_attempt"("outreach_id", "number");

ALTER TABLE "resource_check" ADD CONSTRAINT "resource_check_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "social_resource"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation" ADD CONSTRAINT "participation_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_search" ADD CONSTRAINT "participation_search_participation_id_fkey" FOREIGN KEY ("participation_id") REFERENCES "participation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_trial" ADD CONSTRAINT "participation_trial_participation_id_fkey" FOREIGN KEY ("participation_id") REFERENCES "participation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_match" ADD CONSTRAINT "participation_match_participation_id_fkey" FOREIGN KEY ("participation_id") REFERENCES "participation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_match" ADD CONSTRAINT "participation_match_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "social_resource"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_follow_up" ADD CONSTRAINT "participation_follow_up_participation_id_fkey" FOREIGN KEY ("participation_id") REFERENCES "participation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "participation_gap" ADD CONSTRAINT "participation_gap_participation_id_fkey" FOREIGN KEY ("participation_id") REFERENCES "participation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "outreach" ADD CONSTRAINT "outreach_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "outreach_stage" ADD CONSTRAINT "outreach_stage_outreach_id_fkey" FOREIGN KEY ("outreach_id") REFERENCES "outreach"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "outreach_attempt" ADD CONSTRAINT "outreach_attempt_outreach_id_fkey" FOREIGN KEY ("outreach_id") REFERENCES "outreach"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ── closed lists ── The longer ones (kinds, purposes, interests …) are the forms' and the code's (domain/resources/words.ts).
ALTER TABLE social_resource ADD CONSTRAINT social_resource_group_size CHECK (group_size IN ('one', 'small', 'medium', 'large'));
ALTER TABLE social_resource ADD CONSTRAINT social_resource_gender CHECK (gender IN ('any', 'men', 'women'));
ALTER TABLE social_resource ADD CONSTRAINT social_resource_numbers CHECK (capacity >= 0 AND cost_yen >= 0 AND age_from >= 0 AND age_to >= age_from);
ALTER TABLE resource_check ADD CONSTRAINT resource_check_result CHECK (result IN ('registered', 'current', 'changed', 'closed'));
ALTER TABLE development_item ADD CONSTRAINT development_item_status CHECK (status IN ('open', 'working', 'found', 'community'));
ALTER TABLE participation ADD CONSTRAINT participation_stage CHECK (stage IN ('wish', 'plan', 'search', 'trial', 'match', 'settling', 'ended'));
ALTER TABLE participation ADD CONSTRAINT participation_outcome CHECK (outcome IN ('settled', 'continuing', 'rematch', 'interrupted', 'ended'));
ALTER TABLE participation ADD CONSTRAINT participation_ended CHECK ((stage = 'ended') = (ended_at IS NOT NULL));
ALTER TABLE participation_search ADD CONSTRAINT participation_search_result CHECK (result IN ('accepts', 'conditional', 'refuses', 'pending'));
ALTER TABLE participation_trial ADD CONSTRAINT participation_trial_result CHECK (result IN ('fit', 'unfit', 'withdrawn'));
ALTER TABLE participation_match ADD CONSTRAINT participation_match_ended CHECK ((ended_on IS NULL) = (end_reason IS NULL));
ALTER TABLE participation_follow_up ADD CONSTRAINT participation_follow_up_result CHECK (result IN ('continuing', 'stable', 'adjust', 'rematch'));
ALTER TABLE outreach ADD CONSTRAINT outreach_start_basis CHECK (start_basis IN ('consented', 'confidential'));
ALTER TABLE outreach ADD CONSTRAINT outreach_stage_now CHECK (stage IN ('none', 'family_only', 'letter_door', 'face_to_face', 'accompanied', 'connected'));
ALTER TABLE outreach ADD CONSTRAINT outreach_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL));
ALTER TABLE outreach_stage ADD CONSTRAINT outreach_stage_stage CHECK (stage IN ('none', 'family_only', 'letter_door', 'face_to_face', 'accompanied', 'connected'));
ALTER TABLE outreach_attempt ADD CONSTRAINT outreach_attempt_result CHECK (result IN ('absent', 'no_answer', 'family_met', 'answered', 'met', 'refused'));
CREATE INDEX participation_match_seats ON participation_match (resource_id) WHERE ended_on IS NULL;
CREATE UNIQUE INDEX participation_match_one_seat ON participation_match (participation_id, resource_id) WHERE ended_on IS NULL;
CREATE UNIQUE INDEX outreach_one_running ON outreach (case_id) WHERE ended_at IS NULL;

-- ── who may what ── The directory and the development items are everybody's to read: nothing in them is about a person.
GRANT SELECT, INSERT, UPDATE ON social_resource, development_item, participation, participation_match, outreach TO tsunagi_app;
GRANT SELECT, INSERT ON resource_check, participation_search, participation_trial, participation_follow_up, participation_gap, outreach_stage, outreach_attempt TO tsunagi_app;
-- How many seats are taken is nobody's secret; by whom is.
CREATE FUNCTION taken_seats(wanted uuid) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*)::int FROM public.participation_match m WHERE m.resource_id = wanted AND m.ended_on IS NULL $$;
REVOKE ALL ON FUNCTION taken_seats(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION taken_seats(uuid) TO tsunagi_app;
-- Outreach without consent is known to those to whom it was given and to those who sat in the 支援会議 (社会福祉法106条の6), not
-- to everybody who reaches the case.
CREATE FUNCTION outreach_reach(wanted uuid, basis_of text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN basis_of = 'consented' THEN public.case_reach(wanted, 'content') ELSE EXISTS (SELECT 1 FROM public.case_access a
    WHERE a.case_id = wanted AND a.reader = ANY (public.app_case_readers()) AND a.level = 'content' AND a.basis IN ('assignment', 'meeting') AND a.ended_at IS NULL
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())) END $$;
REVOKE ALL ON FUNCTION outreach_reach(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outreach_reach(uuid, text) TO tsunagi_app;

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['participation','participation_search','participation_trial','participation_match','participation_follow_up','participation_gap','outreach','outreach_stage','outreach_attempt'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['participation','participation_search','participation_trial','participation_match','participation_follow_up','participation_gap'] LOOP
    EXECUTE format('CREATE POLICY person_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'' AND case_reach(case_id, ''content''))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['resource_check','participation_search','participation_trial','participation_follow_up','participation_gap','outreach_stage','outreach_attempt'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;
CREATE POLICY person_reads ON outreach FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND outreach_reach(case_id, start_basis));
CREATE POLICY person_reads ON outreach_stage FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM outreach o WHERE o.id = outreach_id));
CREATE POLICY person_reads ON outreach_attempt FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM outreach o WHERE o.id = outreach_id));
