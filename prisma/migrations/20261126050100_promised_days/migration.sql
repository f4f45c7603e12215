-- Days on which somebody has promised to look again, or asked for something back; the clock asks whether anything was written by then.
CREATE TABLE "promised_day" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "on_day" DATE NOT NULL,
    "group_key" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "submission_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "promised_day_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "promised_day_case_id_on_day_idx" ON "promised_day"("case_id", "on_day");
ALTER TABLE "promised_day" ADD CONSTRAINT "promised_day_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
-- 緊急対応のあとの確認, 返却の期限
ALTER TABLE promised_day ADD CONSTRAINT promised_day_kind CHECK (kind IN ('emergency_follow_up', 'return_due'));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON promised_day FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON promised_day FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE promised_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON promised_day TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON promised_day FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'content'));
GRANT SELECT, INSERT ON promised_day TO tsunagi_app;

-- How long a plan may be is the city's to say (city/clocks.json); here stands what is surely a mistake.
ALTER TABLE plan DROP CONSTRAINT plan_dates;
ALTER TABLE plan ADD CONSTRAINT plan_dates CHECK (starts_on <= ends_on AND ends_on <= starts_on + interval '60 months');
