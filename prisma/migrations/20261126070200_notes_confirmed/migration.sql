-- 上長確認 of a note (F04): by somebody of the same agency who leads, afterwards, once. Who wrote a note says nothing of it.
CREATE TABLE "note_confirmation" (
    "note_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "note_confirmation_pkey" PRIMARY KEY ("note_id")
);
ALTER TABLE "note_confirmation" ADD CONSTRAINT "note_confirmation_note_id_fkey" FOREIGN KEY ("note_id") REFERENCES "case_note"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE FUNCTION note_confirmed_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM case_note n WHERE n.id = NEW.note_id AND (n.author_id IS NOT DISTINCT FROM NEW.by_id OR n.case_id <> NEW.case_id)) THEN RAISE EXCEPTION 'a note is not confirmed by who wrote it'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER confirmed_by_another BEFORE INSERT ON note_confirmation FOR EACH ROW EXECUTE FUNCTION note_confirmed_by_another();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON note_confirmation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON note_confirmation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE note_confirmation ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON note_confirmation TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
-- a confirmation is seen by whoever sees the note
CREATE POLICY person_reads ON note_confirmation FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM case_note n WHERE n.id = note_id));
GRANT SELECT, INSERT ON note_confirmation TO tsunagi_app;
