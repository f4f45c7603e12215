-- What was brought from Excel, so that exactly that can be taken back.
CREATE TABLE "import_batch" (
    "id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "undone_by_id" UUID,
    "undone_at" TIMESTAMPTZ(3),
    "undo_reason" TEXT,

    CONSTRAINT "import_batch_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX import_batch_once ON import_batch (sha256) WHERE undone_at IS NULL;
CREATE TABLE "import_row" (
    "import_id" UUID NOT NULL,
    "sheet" TEXT NOT NULL,
    "row" INTEGER NOT NULL,
    "case_id" UUID,
    "submission_id" UUID NOT NULL,

    CONSTRAINT "import_row_pkey" PRIMARY KEY ("import_id", "sheet", "row")
);
ALTER TABLE "import_row" ADD CONSTRAINT "import_row_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "import_batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE import_row ADD CONSTRAINT import_row_sheet CHECK (sheet IN ('cases', 'resources'));
GRANT SELECT, INSERT, UPDATE ON import_batch TO tsunagi_app;
GRANT SELECT, INSERT ON import_row TO tsunagi_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON import_row FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON import_row FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['import_batch', 'import_row'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
END $$;
CREATE POLICY bringer_reads ON import_batch FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND by_id = (SELECT app_user_id()));
CREATE POLICY bringer_reads ON import_row FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM import_batch b WHERE b.id = import_id));
