-- What was said of a case that ran already when it was brought from Excel.
CREATE TABLE "imported_case" (
    "case_id" UUID NOT NULL,
    "stage" TEXT NOT NULL,
    "old_case_no" TEXT,
    "lead_agency_code" TEXT,
    "support_began_on" DATE,
    "next_action" TEXT,
    "next_action_on" DATE,

    CONSTRAINT "imported_case_pkey" PRIMARY KEY ("case_id")
);
CREATE INDEX "imported_case_old_case_no_idx" ON "imported_case"("old_case_no");
ALTER TABLE imported_case ADD CONSTRAINT imported_case_stage CHECK (stage IN ('screening', 'supporting', 'watching'));
GRANT SELECT, INSERT ON imported_case TO tsunagi_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON imported_case FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON imported_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE imported_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON imported_case TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON imported_case FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'content'));
