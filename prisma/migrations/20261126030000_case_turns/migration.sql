-- A case that was closed and opened again: both stay in its 支援経過, whatever becomes of it later.
CREATE TABLE "case_turn" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "what" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "case_turn_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "case_turn_case_id_at_idx" ON "case_turn"("case_id", "at");
ALTER TABLE "case_turn" ADD CONSTRAINT "case_turn_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE case_turn ADD CONSTRAINT case_turn_what CHECK (what IN ('closed', 'reopened'));

INSERT INTO case_turn (id, case_id, what, at) SELECT gen_random_uuid(), id, 'closed', closed_at FROM support_case WHERE closed_at IS NOT NULL;

GRANT SELECT, INSERT ON case_turn TO tsunagi_app;
ALTER TABLE case_turn ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON case_turn TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON case_turn FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM support_case c WHERE c.id = case_id));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_turn FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON case_turn FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
