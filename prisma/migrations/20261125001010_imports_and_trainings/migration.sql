-- A manager sees, and may take back, what was imported in their agency. Trainings know who was there.
CREATE POLICY manager_reads ON import_batch FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (SELECT app_has_role('{manager}'))
  AND EXISTS (SELECT 1 FROM app_user me JOIN app_user they ON they.agency_code = me.agency_code WHERE me.id = (SELECT app_user_id()) AND they.id = by_id));

CREATE TABLE "training_attendee" (
    "training_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "user_id" UUID,
    "name" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,

    CONSTRAINT "training_attendee_pkey" PRIMARY KEY ("training_id", "line")
);
CREATE INDEX "training_attendee_user_id_idx" ON "training_attendee"("user_id");
CREATE UNIQUE INDEX training_attendee_once ON training_attendee (training_id, user_id) WHERE user_id IS NOT NULL;
ALTER TABLE "training_attendee" ADD CONSTRAINT "training_attendee_training_id_fkey" FOREIGN KEY ("training_id") REFERENCES "training"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
GRANT SELECT, INSERT ON training_attendee TO tsunagi_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON training_attendee FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON training_attendee FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE training_attendee ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON training_attendee TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON training_attendee FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person');
