-- Referrals, emergencies, exits and holds, attachments, trainings, flags, incidents, the yearly evaluation, changes of diagrams,
-- and what F90 holds of an agency.

ALTER TABLE "agency" ADD COLUMN "category" TEXT, ADD COLUMN "area" TEXT, ADD COLUMN "contract_from" DATE, ADD COLUMN "contract_until" DATE, ADD COLUMN "pledged" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "contact" TEXT, ADD COLUMN "can_join_confidential" BOOLEAN NOT NULL DEFAULT true, ADD COLUMN "edited_at" TIMESTAMPTZ(3);

CREATE TABLE "referral" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "from_agency" TEXT NOT NULL,
    "from_group" TEXT,
    "sent_by_id" UUID NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "to_groups" TEXT[],
    "consent" TEXT NOT NULL,
    "legal_basis" TEXT,
    "reply_due_on" DATE NOT NULL,
    "accompany" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'sent',
    "reply_submission_id" UUID,
    "replied_by_id" UUID,
    "replied_at" TIMESTAMPTZ(3),
    "accepted_group" TEXT,
    "result" TEXT,
    "result_on" DATE,
    "result_at" TIMESTAMPTZ(3),

    CONSTRAINT "referral_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "emergency" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "raised_by_id" UUID,
    "raised_agency" TEXT NOT NULL,
    "track" TEXT,
    "abuse_kind" TEXT,
    "legal_basis" TEXT,
    "share_until" TIMESTAMPTZ(3),
    "responders" TEXT[],
    "statutory_group" TEXT,
    "outcome" TEXT,
    "closed_at" TIMESTAMPTZ(3),
    "closed_by_id" UUID,

    CONSTRAINT "emergency_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "emergency_step" (
    "id" UUID NOT NULL,
    "emergency_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "detail" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "submission_id" UUID,
    "by_id" UUID,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "emergency_step_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case_exit" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "occurred_on" DATE,
    "noticed_at" TIMESTAMPTZ(3) NOT NULL,
    "noticed_by_id" UUID,
    "submission_id" UUID,
    "outcome" TEXT,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "case_exit_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case_break" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "exit_id" UUID,
    "kind" TEXT NOT NULL,
    "prior_status" TEXT NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "until_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_outcome" TEXT,

    CONSTRAINT "case_break_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "case_succession" (
    "case_id" UUID NOT NULL,
    "from_case_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "case_succession_pkey" PRIMARY KEY ("case_id")
);

CREATE TABLE "attachment" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "compartment" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "wrapped_key" BYTEA NOT NULL,
    "uploaded_by_id" UUID NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "attachment_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "attachment_part" (
    "attachment_id" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "attachment_part_pkey" PRIMARY KEY ("attachment_id", "part")
);

CREATE TABLE "training" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "held_on" DATE NOT NULL,
    "agencies" TEXT[],
    "participants" INTEGER NOT NULL,
    "change_id" UUID,
    "submission_id" UUID NOT NULL,
    "recorded_by_id" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "training_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "flag" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "review_on" DATE,
    "raised_by_id" UUID NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "flag_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "flag_event" (
    "id" UUID NOT NULL,
    "flag_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "reason" TEXT,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "flag_event_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "incident_report" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "occurred_on" DATE,
    "noticed_at" TIMESTAMPTZ(3) NOT NULL,
    "persons" INTEGER,
    "sensitive" BOOLEAN NOT NULL,
    "malicious" BOOLEAN NOT NULL,
    "preliminary_due_on" DATE NOT NULL,
    "final_due_on" DATE NOT NULL,
    "status" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "reported_by_id" UUID NOT NULL,
    "reported_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "incident_report_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "annual_run" (
    "id" UUID NOT NULL,
    "fiscal_year" TEXT NOT NULL,
    "run" TEXT NOT NULL,
    "due_on" DATE NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "annual_run_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "kpi_entry" (
    "id" UUID NOT NULL,
    "fiscal_year" TEXT NOT NULL,
    "quarter" TEXT NOT NULL,
    "kpi" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "agency_code" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "entered_by_id" UUID NOT NULL,
    "entered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "kpi_entry_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "annual_snapshot" (
    "id" UUID NOT NULL,
    "fiscal_year" TEXT NOT NULL,
    "counts" JSONB NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    "taken_by_id" UUID,

    CONSTRAINT "annual_snapshot_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "programme_evaluation" (
    "id" UUID NOT NULL,
    "fiscal_year" TEXT NOT NULL,
    "programme" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "target" DOUBLE PRECISION,
    "actual" DOUBLE PRECISION,
    "grade" TEXT,
    "owner_agency" TEXT,
    "submission_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "programme_evaluation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "definition_change" (
    "id" UUID NOT NULL,
    "process_key" TEXT NOT NULL,
    "drafters" UUID[],
    "drafted_at" TIMESTAMPTZ(3) NOT NULL,
    "tried_by_id" UUID,
    "tried_at" TIMESTAMPTZ(3),
    "approved_by_id" UUID,
    "approved_at" TIMESTAMPTZ(3),
    "effective_on" DATE,
    "version" INTEGER,
    "status" TEXT NOT NULL DEFAULT 'drafted',

    CONSTRAINT "definition_change_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "referral_case_id_sent_at_idx" ON "referral"("case_id", "sent_at");
CREATE INDEX "emergency_case_id_idx" ON "emergency"("case_id");
CREATE INDEX "emergency_step_emergency_id_at_idx" ON "emergency_step"("emergency_id", "at");
CREATE INDEX "case_exit_case_id_idx" ON "case_exit"("case_id");
CREATE INDEX "case_break_case_id_idx" ON "case_break"("case_id");
CREATE INDEX "case_succession_from_case_id_idx" ON "case_succession"("from_case_id");
CREATE INDEX "attachment_case_id_uploaded_at_idx" ON "attachment"("case_id", "uploaded_at");
CREATE INDEX "training_held_on_idx" ON "training"("held_on");
CREATE INDEX "flag_case_id_idx" ON "flag"("case_id");
CREATE INDEX "flag_event_flag_id_at_idx" ON "flag_event"("flag_id", "at");
CREATE UNIQUE INDEX "annual_run_fiscal_year_run_key" ON "annual_run"("fiscal_year", "run");
CREATE INDEX "kpi_entry_fiscal_year_kpi_idx" ON "kpi_entry"("fiscal_year", "kpi");
CREATE INDEX "annual_snapshot_fiscal_year_idx" ON "annual_snapshot"("fiscal_year");
CREATE INDEX "programme_evaluation_fiscal_year_programme_idx" ON "programme_evaluation"("fiscal_year", "programme");
CREATE INDEX "definition_change_process_key_idx" ON "definition_change"("process_key");

ALTER TABLE "referral" ADD CONSTRAINT "referral_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "emergency" ADD CONSTRAINT "emergency_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "emergency_step" ADD CONSTRAINT "emergency_step_emergency_id_fkey" FOREIGN KEY ("emergency_id") REFERENCES "emergency"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "case_exit" ADD CONSTRAINT "case_exit_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "case_break" ADD CONSTRAINT "case_break_exit_id_fkey" FOREIGN KEY ("exit_id") REFERENCES "case_exit"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "case_succession" ADD CONSTRAINT "case_succession_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "attachment" ADD CONSTRAINT "attachment_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "attachment_part" ADD CONSTRAINT "attachment_part_attachment_id_fkey" FOREIGN KEY ("attachment_id") REFERENCES "attachment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "flag" ADD CONSTRAINT "flag_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "flag_event" ADD CONSTRAINT "flag_event_flag_id_fkey" FOREIGN KEY ("flag_id") REFERENCES "flag"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- ── closed lists, and what must not be twice ──
ALTER TABLE referral ADD CONSTRAINT referral_status CHECK (status IN ('sent', 'accepted', 'conditional', 'returned', 'out_of_scope'));
ALTER TABLE referral ADD CONSTRAINT referral_consent CHECK (consent IN ('consented', 'without_consent') AND (consent = 'consented' OR legal_basis IS NOT NULL));
ALTER TABLE referral ADD CONSTRAINT referral_result CHECK (result IN ('connected', 'not_connected'));
-- never silently closed: an end of a referral has somebody who answered
ALTER TABLE referral ADD CONSTRAINT referral_answered CHECK (status = 'sent' OR (replied_by_id IS NOT NULL AND replied_at IS NOT NULL));
ALTER TABLE emergency ADD CONSTRAINT emergency_track CHECK (track IN ('abuse', 'life', 'livelihood'));
ALTER TABLE emergency ADD CONSTRAINT emergency_outcome CHECK (outcome IS NULL OR (outcome IN ('resolved', 'continue_running', 'to_confidential', 'to_coordination') AND closed_at IS NOT NULL));
ALTER TABLE emergency_step ADD CONSTRAINT emergency_step_kind CHECK (kind IN ('raised', 'called', 'assessed', 'checked', 'convened', 'measure', 'closed'));
ALTER TABLE case_exit ADD CONSTRAINT case_exit_kind CHECK (kind IN ('lost_contact', 'moved', 'died', 'institution', 'hold', 'interrupted'));
ALTER TABLE case_exit ADD CONSTRAINT case_exit_outcome CHECK (outcome IN ('returned', 'interrupted', 'resumed', 'handed_over', 'closed'));
ALTER TABLE case_break ADD CONSTRAINT case_break_kind CHECK (kind IN ('on_hold', 'interrupted'));
ALTER TABLE attachment ADD CONSTRAINT attachment_compartment CHECK (compartment IN ('agency', 'team', 'confidential'));
ALTER TABLE attachment ADD CONSTRAINT attachment_kind CHECK (kind IN ('pdf', 'jpg', 'png', 'docx', 'xlsx', 'txt'));
ALTER TABLE attachment ADD CONSTRAINT attachment_bytes CHECK (bytes BETWEEN 1 AND 20971520);
ALTER TABLE flag_event ADD CONSTRAINT flag_event_kind CHECK (kind IN ('raised', 'changed', 'resolved') AND (kind <> 'resolved' OR reason IS NOT NULL));
ALTER TABLE incident_report ADD CONSTRAINT incident_report_status CHECK (status IN ('noticed', 'preliminary', 'final'));
ALTER TABLE annual_run ADD CONSTRAINT annual_run_run CHECK (run IN ('year_end', 'mid_year', 'q1', 'q2', 'q3'));
-- whoever drafted a change never approves it, whatever a diagram says
ALTER TABLE definition_change ADD CONSTRAINT definition_change_second_person CHECK (approved_by_id IS NULL OR approved_by_id <> ALL (drafters));
ALTER TABLE definition_change ADD CONSTRAINT definition_change_status CHECK (status IN ('drafted', 'tried', 'approved', 'returned', 'dropped', 'published', 'told')
  AND (status NOT IN ('approved', 'published', 'told') OR approved_by_id IS NOT NULL));
CREATE UNIQUE INDEX emergency_one_open ON emergency (case_id) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX case_break_one_open ON case_break (case_id) WHERE ended_at IS NULL;

-- ── who may ──
GRANT INSERT, UPDATE ON agency TO tsunagi_app;
GRANT SELECT, INSERT, UPDATE ON referral, emergency, case_exit, case_break, flag, definition_change, incident_report TO tsunagi_app;
GRANT SELECT, INSERT ON emergency_step, case_succession, attachment, attachment_part, training, flag_event, annual_run, kpi_entry, annual_snapshot, programme_evaluation TO tsunagi_app;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['referral','emergency','emergency_step','case_exit','case_break','case_succession','attachment','attachment_part','training','flag','flag_event','incident_report','annual_run','kpi_entry','annual_snapshot','programme_evaluation','definition_change'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['emergency','emergency_step','case_exit','case_break','case_succession','flag','flag_event'] LOOP
    EXECUTE format('CREATE POLICY person_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'' AND case_reach(case_id, ''content''))', t);
  END LOOP;
  -- of nobody in particular: everybody who works here
  FOREACH t IN ARRAY ARRAY['training','annual_run','kpi_entry','annual_snapshot','programme_evaluation','definition_change'] LOOP
    EXECUTE format('CREATE POLICY person_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = ''person'')', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['emergency_step','case_succession','attachment','attachment_part','training','flag_event','kpi_entry','annual_snapshot','programme_evaluation'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;
-- A referral is seen by who reaches the case, and by those it was sent to until they say that it is not theirs (casework R9).
CREATE FUNCTION referred_to_me(groups text[], status text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT app_scope() = 'person' AND status IN ('sent', 'accepted', 'conditional') AND groups && app_readers() $$;
CREATE POLICY person_reads ON referral FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (case_reach(case_id, 'content') OR referred_to_me(to_groups, status)));
CREATE FUNCTION slip_of_mine(wanted uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM referral r WHERE r.submission_id = wanted AND referred_to_me(r.to_groups, r.status)) $$;
CREATE POLICY referral_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND compartment <> 'confidential' AND slip_of_mine(id));
-- a slip was sent to its receivers to be read: that is not a question of how far a consent goes
ALTER POLICY within_consent ON submission USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team'
  OR EXISTS (SELECT 1 FROM task t WHERE t.id = task_id) OR case_reach_item(case_id, record_item(record)) OR slip_of_mine(id));
-- What is attached to a record is seen with it; the rest by who reaches the case, and an agency's own by that agency.
CREATE POLICY person_reads ON attachment FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (
  (submission_id IS NOT NULL AND EXISTS (SELECT 1 FROM submission s WHERE s.id = submission_id))
  OR (submission_id IS NULL AND case_reach(case_id, 'content') AND (compartment = 'team' OR (compartment = 'agency' AND agency_code = current_setting('app.agency', true))))));
CREATE POLICY person_reads ON attachment_part FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM attachment a WHERE a.id = attachment_id));
CREATE POLICY incident_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND record = 'F19'
  AND (submitted_by_id = (SELECT app_user_id()) OR EXISTS (SELECT 1 FROM incident_report i WHERE i.submission_id = submission.id)));
-- An incident is seen by the agency that reported it and by those who answer for data protection.
CREATE POLICY person_reads ON incident_report FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (agency_code = current_setting('app.agency', true)
  AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{manager,chair,director}' OR coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{auditor,chair,director}'));
