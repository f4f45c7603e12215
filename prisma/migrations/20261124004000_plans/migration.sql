-- Plans, who has which part in a case, how it is evaluated, how it ends, and what it teaches.

CREATE TABLE "plan" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "lead_agency" TEXT NOT NULL,
    "lead_group" TEXT NOT NULL,
    "secondary_groups" TEXT[],
    "coordinator_group" TEXT,
    "household_summary" TEXT NOT NULL,
    "background" TEXT NOT NULL,
    "long_goal" TEXT NOT NULL,
    "wishes" TEXT NOT NULL,
    "watch_rules" TEXT NOT NULL,
    "use_outreach" BOOLEAN NOT NULL,
    "use_participation" BOOLEAN NOT NULL,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE NOT NULL,
    "monitor_every" TEXT NOT NULL,
    "next_monitor_on" DATE NOT NULL,
    "evaluate_on" DATE NOT NULL,
    "signature" TEXT,
    "signed_by" TEXT,
    "signed_on" DATE,
    "no_signature_reason" TEXT,
    "meeting_decision" TEXT,
    "consent_id" UUID,
    "decided_by_id" UUID,
    "decided_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "submission_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "plan_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "plan_goal" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "goal" TEXT NOT NULL,
    "criterion" TEXT NOT NULL,
    "due_on" DATE NOT NULL,

    CONSTRAINT "plan_goal_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "plan_issue" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "issue" TEXT NOT NULL,
    "owner" TEXT NOT NULL,

    CONSTRAINT "plan_issue_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "plan_role" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "agency_code" TEXT NOT NULL,
    "group_key" TEXT NOT NULL,
    "issue" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "staff" TEXT,
    "starts_on" DATE,
    "ends_on" DATE,
    "frequency" TEXT NOT NULL,
    "resource" TEXT,

    CONSTRAINT "plan_role_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "plan_event" (
    "id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "by_id" UUID,
    "submission_id" UUID,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "plan_event_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case_decision" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "plan_id" UUID,
    "decided_by_id" UUID NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,
    "submission_id" UUID NOT NULL,

    CONSTRAINT "case_decision_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case_role" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "group_key" TEXT NOT NULL,
    "plan_id" UUID,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "until_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "succeeded_by_id" UUID,

    CONSTRAINT "case_role_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "role_report" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "plan_id" UUID,
    "agency_code" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reported_on" DATE NOT NULL,
    "submission_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "role_report_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "evaluation" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "eval_type" TEXT NOT NULL,
    "evaluated_on" DATE NOT NULL,
    "agency_code" TEXT NOT NULL,
    "changes" TEXT[],
    "remaining" TEXT,
    "new_issues" TEXT,
    "opinion_self" TEXT,
    "opinion_staff" TEXT,
    "network_check" TEXT,
    "prospect" TEXT,
    "result" TEXT,
    "lead_after" TEXT,
    "meeting_judge" TEXT,
    "closure_reason" TEXT,
    "resume_policy" TEXT,
    "submission_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "evaluation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "evaluation_goal" (
    "id" UUID NOT NULL,
    "evaluation_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "goal" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "evidence" TEXT,

    CONSTRAINT "evaluation_goal_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "closure_reason" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "accompanied" TEXT NOT NULL,

    CONSTRAINT "closure_reason_pkey" PRIMARY KEY ("code")
);

CREATE TABLE "handover" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "to_agency" TEXT,
    "handed_on" DATE NOT NULL,
    "submission_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "handover_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "closure" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "plan_id" UUID,
    "reason" TEXT NOT NULL,
    "lead_agency" TEXT,
    "lead_group" TEXT,
    "handover_id" UUID,
    "evaluation_id" UUID,
    "follow_up" BOOLEAN NOT NULL,
    "decided_by_id" UUID,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,
    "submission_id" UUID,

    CONSTRAINT "closure_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "closure_check" (
    "id" UUID NOT NULL,
    "closure_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "stability" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "closure_check_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "community_issue" (
    "id" UUID NOT NULL,
    "category" TEXT NOT NULL,
    "area" TEXT,
    "title" TEXT NOT NULL,
    "facts" TEXT NOT NULL,
    "wanted" TEXT,
    "status" TEXT NOT NULL DEFAULT 'submitted',
    "fiscal_year" TEXT NOT NULL,
    "author_id" UUID NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "reviewed_by_id" UUID,
    "reviewed_at" TIMESTAMPTZ(3),
    "review_note" TEXT,

    CONSTRAINT "community_issue_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "community_issue_source" (
    "issue_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,

    CONSTRAINT "community_issue_source_pkey" PRIMARY KEY ("issue_id")
);

CREATE UNIQUE INDEX "plan_case_id_version_key" ON "plan"("case_id", "version");
CREATE UNIQUE INDEX "plan_goal_plan_id_revision_position_key" ON "plan_goal"("plan_id", "revision", "position");
CREATE UNIQUE INDEX "plan_issue_plan_id_revision_position_key" ON "plan_issue"("plan_id", "revision", "position");
CREATE UNIQUE INDEX "plan_role_plan_id_revision_position_key" ON "plan_role"("plan_id", "revision", "position");
CREATE INDEX "plan_event_plan_id_at_idx" ON "plan_event"("plan_id", "at");
CREATE INDEX "case_decision_case_id_decided_at_idx" ON "case_decision"("case_id", "decided_at");
CREATE INDEX "case_role_case_id_idx" ON "case_role"("case_id");
CREATE INDEX "role_report_case_id_at_idx" ON "role_report"("case_id", "at");
CREATE INDEX "evaluation_case_id_at_idx" ON "evaluation"("case_id", "at");
CREATE UNIQUE INDEX "evaluation_goal_evaluation_id_position_key" ON "evaluation_goal"("evaluation_id", "position");
CREATE INDEX "handover_case_id_at_idx" ON "handover"("case_id", "at");
CREATE INDEX "closure_case_id_idx" ON "closure"("case_id");
CREATE INDEX "closure_check_case_id_idx" ON "closure_check"("case_id");
CREATE INDEX "community_issue_status_fiscal_year_idx" ON "community_issue"("status", "fiscal_year");
CREATE INDEX "community_issue_source_case_id_idx" ON "community_issue_source"("case_id");

ALTER TABLE "plan" ADD CONSTRAINT "plan_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "plan_goal" ADD CONSTRAINT "plan_goal_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "plan_issue" ADD CONSTRAINT "plan_issue_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "plan_role" ADD CONSTRAINT "plan_role_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "plan_event" ADD CONSTRAINT "plan_event_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "case_decision" ADD CONSTRAINT "case_decision_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "case_role" ADD CONSTRAINT "case_role_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "evaluation_goal" ADD CONSTRAINT "evaluation_goal_evaluation_id_fkey" FOREIGN KEY ("evaluation_id") REFERENCES "evaluation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "handover" ADD CONSTRAINT "handover_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "closure" ADD CONSTRAINT "closure_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "closure_check" ADD CONSTRAINT "closure_check_closure_id_fkey" FOREIGN KEY ("closure_id") REFERENCES "closure"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ── closed lists ──
ALTER TABLE plan ADD CONSTRAINT plan_kind CHECK (kind IN ('initial', 'replan') AND (kind = 'initial') = (version = 1));
ALTER TABLE plan ADD CONSTRAINT plan_status CHECK (status IN ('draft', 'explained', 'in_meeting', 'decided', 'not_decided', 'superseded', 'ended'));
ALTER TABLE plan ADD CONSTRAINT plan_signature CHECK (signature IN ('written', 'electronic', 'oral', 'proxy', 'not_signed')
  AND (signature = 'not_signed') = (no_signature_reason IS NOT NULL) AND (signature = 'not_signed' OR signed_on IS NOT NULL));
-- a plan runs for twelve months at most (domain.md §1.5)
ALTER TABLE plan ADD CONSTRAINT plan_dates CHECK (starts_on <= ends_on AND ends_on <= starts_on + interval '12 months');
ALTER TABLE plan ADD CONSTRAINT plan_decided CHECK ((status IN ('decided', 'superseded', 'ended')) = (decided_at IS NOT NULL)
  AND (decided_at IS NULL OR (decided_by_id IS NOT NULL AND signature IS NOT NULL AND consent_id IS NOT NULL)));
ALTER TABLE plan_event ADD CONSTRAINT plan_event_kind CHECK (kind IN ('drafted', 'revised', 'explained', 'to_meeting', 'decided', 'sent_back', 'not_decided', 'shared', 'changed', 'extended', 'superseded', 'ended'));
ALTER TABLE closure_check ADD CONSTRAINT closure_check_stability CHECK (stability IN ('stable', 'needs_support'));
ALTER TABLE case_decision ADD CONSTRAINT case_decision_kind CHECK (kind IN ('eligibility', 'support', 'plan_end', 'closure'));
ALTER TABLE case_role ADD CONSTRAINT case_role_role CHECK (role IN ('coordinator', 'lead', 'secondary', 'cooperating'));
ALTER TABLE case_role ADD CONSTRAINT case_role_end CHECK ((until_at IS NULL) = (end_reason IS NULL));
ALTER TABLE role_report ADD CONSTRAINT role_report_kind CHECK (kind IN ('started', 'status', 'ended'));
ALTER TABLE evaluation ADD CONSTRAINT evaluation_type CHECK (eval_type IN ('monitoring', 'interim', 'closing', 'replan', 'interruption', 'agency', 'opinion'));
ALTER TABLE evaluation_goal ADD CONSTRAINT evaluation_goal_result CHECK (result IN ('achieved', 'partly', 'not_achieved', 'changed'));
ALTER TABLE closure_reason ADD CONSTRAINT closure_reason_accompanied CHECK (accompanied IN ('lead', 'handover', 'current'));
ALTER TABLE handover ADD CONSTRAINT handover_kind CHECK (kind IN ('lead', 'worker', 'municipality', 'household', 'other'));
ALTER TABLE community_issue ADD CONSTRAINT community_issue_status CHECK (status IN ('submitted', 'approved', 'returned')
  AND (status = 'submitted') = (reviewed_by_id IS NULL) AND (reviewed_by_id IS NULL OR reviewed_by_id <> author_id));

-- ── one of each ──
CREATE UNIQUE INDEX plan_in_force ON plan (case_id) WHERE status = 'decided';
CREATE UNIQUE INDEX plan_in_draft ON plan (case_id) WHERE status IN ('draft', 'explained', 'in_meeting');
CREATE UNIQUE INDEX case_lead_once ON case_role (case_id) WHERE role = 'lead' AND until_at IS NULL;
CREATE UNIQUE INDEX case_coordinator_once ON case_role (case_id) WHERE role = 'coordinator' AND until_at IS NULL;

-- ── a decided plan never changes (domain.md §3.4): it can only be superseded or ended; a correction is a new version ──
CREATE FUNCTION plan_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'plan is never deleted' USING ERRCODE = 'restrict_violation'; END IF;
  IF OLD.status = 'decided' AND NEW.status IN ('superseded', 'ended') AND to_jsonb(NEW) - '{status,ended_at}'::text[] = to_jsonb(OLD) - '{status,ended_at}'::text[] THEN RETURN NEW; END IF;
  IF OLD.status IN ('decided', 'not_decided', 'superseded', 'ended') THEN RAISE EXCEPTION 'plan % of version % is % and does not change', OLD.id, OLD.version, OLD.status USING ERRCODE = 'restrict_violation'; END IF;
  IF NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.version <> OLD.version OR NEW.revision < OLD.revision THEN RAISE EXCEPTION 'plan % keeps its case, version and revisions', OLD.id USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plan_frozen BEFORE UPDATE OR DELETE ON plan FOR EACH ROW EXECUTE FUNCTION plan_frozen();
CREATE FUNCTION plan_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM plan p WHERE p.id = NEW.plan_id AND p.status IN ('draft', 'explained', 'in_meeting') AND NEW.revision = p.revision FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION '% belongs to a plan or a revision that does not change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['plan_goal', 'plan_issue', 'plan_role'] LOOP
    EXECUTE format('CREATE TRIGGER plan_part_frozen BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION plan_part_frozen()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['plan_goal', 'plan_issue', 'plan_role', 'plan_event', 'role_report', 'evaluation', 'evaluation_goal', 'handover', 'closure', 'closure_check', 'case_decision', 'community_issue_source'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['plan', 'plan_goal', 'plan_issue', 'plan_role', 'plan_event', 'case_role', 'role_report', 'evaluation', 'evaluation_goal', 'handover', 'closure', 'closure_check', 'case_decision', 'community_issue', 'community_issue_source'] LOOP
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;

-- ── a part in a case is taken and ended once ──
CREATE FUNCTION case_role_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.until_at IS NOT NULL OR NEW.until_at IS NULL
    OR to_jsonb(NEW) - '{until_at,end_reason,succeeded_by_id}'::text[] <> to_jsonb(OLD) - '{until_at,end_reason,succeeded_by_id}'::text[] THEN
    RAISE EXCEPTION 'case_role % can only be ended, once', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER case_role_ends_once BEFORE UPDATE OR DELETE ON case_role FOR EACH ROW EXECUTE FUNCTION case_role_ends_once();

-- ── from the plan on there is always a 主担当: asked once more when everything is about to be kept ──
CREATE FUNCTION case_has_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM plan p WHERE p.case_id = NEW.case_id AND p.status = 'decided')
    AND NOT EXISTS (SELECT 1 FROM case_role r WHERE r.case_id = NEW.case_id AND r.role = 'lead' AND r.until_at IS NULL) THEN
    RAISE EXCEPTION 'case % has a plan in force and nobody who leads it', NEW.case_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_has_lead AFTER INSERT OR UPDATE ON plan DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_has_lead();
CREATE CONSTRAINT TRIGGER case_has_lead AFTER UPDATE ON case_role DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION case_has_lead();

-- ── a closure names who accompanies afterwards ──
INSERT INTO closure_reason (code, name, accompanied) VALUES
  ('goal_reached', '目標達成', 'lead'), ('handed_over', '役割分担の合意・見通しがつき主担当へ引継ぎ', 'lead'), ('other_framework', '既存制度・他法の枠組みへ移行', 'lead'),
  ('declined', '本人・世帯の辞退・拒否', 'lead'), ('moved_out', '転出', 'handover'), ('died', '死亡', 'handover'), ('institution', '施設入所・長期入院', 'lead'),
  ('lost_contact', '連絡不通', 'lead'), ('not_eligible', '支援対象外と判明', 'lead'), ('duplicate', '重複登録', 'lead'), ('other', 'その他', 'lead'),
  ('confidential_ended', '支援会議で終了', 'current'), ('other_law', '他法の枠組みへ移行', 'current'), ('left', '転出・死亡等', 'current'), ('not_applicable', '法106条の6に該当しない', 'current'),
  ('returned', '対象外としてつなぎ先へ戻した', 'current'), ('not_decided', '支援決定されなかった', 'current');
CREATE FUNCTION closure_accompanied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE way text := (SELECT accompanied FROM closure_reason WHERE code = NEW.reason);
BEGIN
  IF way IS NULL THEN RAISE EXCEPTION 'no closure reason %', NEW.reason USING ERRCODE = 'foreign_key_violation'; END IF;
  IF NOT ((way = 'handover' AND EXISTS (SELECT 1 FROM handover h WHERE h.id = NEW.handover_id AND h.case_id = NEW.case_id))
    OR EXISTS (SELECT 1 FROM agency a WHERE a.code = NEW.lead_agency AND a.active)) THEN
    RAISE EXCEPTION 'closure of case % names nobody who accompanies', NEW.case_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER closure_accompanied BEFORE INSERT ON closure FOR EACH ROW EXECUTE FUNCTION closure_accompanied();

-- ── a 地域課題 is looked through once, and its words stay ──
CREATE FUNCTION community_issue_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status <> 'submitted' OR to_jsonb(NEW) - '{status,reviewed_by_id,reviewed_at,review_note}'::text[] <> to_jsonb(OLD) - '{status,reviewed_by_id,reviewed_at,review_note}'::text[] THEN
    RAISE EXCEPTION 'community_issue % is kept as it is', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER community_issue_words BEFORE UPDATE OR DELETE ON community_issue FOR EACH ROW EXECUTE FUNCTION community_issue_words();

-- ── who reads ──
GRANT SELECT, INSERT, UPDATE ON plan, case_role, community_issue TO tsunagi_app;
GRANT SELECT, INSERT ON plan_goal, plan_issue, plan_role, plan_event, role_report, evaluation, evaluation_goal, handover, closure, closure_check, case_decision, community_issue_source TO tsunagi_app;
GRANT SELECT ON closure_reason TO tsunagi_app;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['plan', 'plan_goal', 'plan_issue', 'plan_role', 'plan_event', 'case_role', 'role_report', 'evaluation', 'evaluation_goal', 'handover', 'closure', 'closure_check', 'case_decision', 'community_issue', 'community_issue_source'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['plan', 'case_role', 'role_report', 'evaluation', 'handover', 'closure', 'closure_check', 'case_decision', 'community_issue_source'] LOOP
    EXECUTE format('CREATE POLICY reacher_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'' AND case_reach_item(case_id, ''progress''))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['plan_goal', 'plan_issue', 'plan_role', 'plan_event'] LOOP
    EXECUTE format('CREATE POLICY reacher_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'' AND EXISTS (SELECT 1 FROM plan p WHERE p.id = plan_id))', t);
  END LOOP;
END $$;
CREATE POLICY reacher_reads ON evaluation_goal FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM evaluation e WHERE e.id = evaluation_id));
-- What has been looked through is for everybody who works here; what waits for it, for its author and those who look it through.
CREATE POLICY person_reads ON community_issue FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (status = 'approved' OR author_id = app_user_id()
  OR coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{chair,director,meetingConvenor,coordinator}'));
