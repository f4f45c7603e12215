-- One row for each open task and each inbox it lies in: a group's, its holder's, and that of the person who delegated it.
-- Kept by a trigger, so no writer can forget it; read by engine/inbox.ts alone.
--
-- Why it is there: row-level security on `task` is "one of three conditions, or the engine", and `&&` on arrays is not
-- leakproof, so Postgres may use no index for a person's page (1 M open tasks: 300 ms of sequential scan). Here the
-- condition is one equality, the index has the order of the inbox, and both the page and its filters come out of the
-- index without touching the table (src/engine/inbox.ts has what was measured).
CREATE TABLE "inbox_entry" (
    "task_id" UUID NOT NULL,
    "reader" TEXT COLLATE "C" NOT NULL,
    "urgent" BOOLEAN NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "held_by_id" UUID,
    "owner_id" UUID,
    "follow_up_at" TIMESTAMPTZ(3),
    "process_key" TEXT COLLATE "C" NOT NULL,
    "element_id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "business_key" TEXT COLLATE "C",
    "groups" TEXT[],

    CONSTRAINT "inbox_entry_pkey" PRIMARY KEY ("task_id", "reader")
);
CREATE INDEX "inbox_entry_order" ON "inbox_entry" ("reader", "urgent", "due_at", "created_at", "task_id")
  INCLUDE ("held_by_id", "owner_id", "follow_up_at", "process_key", "element_id", "name", "business_key", "groups");
ALTER TABLE inbox_entry SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Runs as the owner: the application may read the entries and not write them. Names are qualified, so that no setting
-- of the caller decides what they mean.
CREATE FUNCTION inbox_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN DELETE FROM public.inbox_entry WHERE task_id = OLD.id; END IF;
  IF NEW.status = 'open' THEN
    INSERT INTO public.inbox_entry (task_id, reader, urgent, due_at, created_at, held_by_id, owner_id, follow_up_at, process_key, element_id, name, business_key, groups)
    SELECT NEW.id, r.reader, NEW.urgent, coalesce(NEW.due_at, 'infinity'), NEW.created_at, NEW.assignee_id, NEW.owner_id, NEW.follow_up_at,
           NEW.process_key, NEW.element_id, NEW.name, NEW.business_key,
           CASE WHEN pg_catalog.cardinality(NEW.candidate_groups) > 1 THEN NEW.candidate_groups END
    FROM (SELECT pg_catalog.unnest(NEW.candidate_groups) UNION SELECT NEW.assignee_id::text UNION SELECT NEW.owner_id::text) r(reader)
    WHERE r.reader IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION inbox_keep() FROM PUBLIC;
CREATE TRIGGER inbox_keep_new AFTER INSERT ON task FOR EACH ROW WHEN (NEW.status = 'open') EXECUTE FUNCTION inbox_keep();
CREATE TRIGGER inbox_keep_changed AFTER UPDATE ON task FOR EACH ROW WHEN (
  (OLD.status, OLD.candidate_groups, OLD.assignee_id, OLD.owner_id, OLD.due_at, OLD.follow_up_at, OLD.urgent)
  IS DISTINCT FROM (NEW.status, NEW.candidate_groups, NEW.assignee_id, NEW.owner_id, NEW.due_at, NEW.follow_up_at, NEW.urgent)) EXECUTE FUNCTION inbox_keep();

-- ── who may read ── The inboxes of the person who asks. Nothing said: none.
CREATE FUNCTION app_readers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN app_scope() = 'person' THEN app_groups() || app_user_id()::text ELSE '{}' END $$;
GRANT SELECT ON inbox_entry TO tsunagi_app;
ALTER TABLE inbox_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY person_reads ON inbox_entry FOR SELECT TO tsunagi_app USING (reader = ANY ((SELECT app_readers())::text[]));

-- What stood open before this migration.
INSERT INTO inbox_entry (task_id, reader, urgent, due_at, created_at, held_by_id, owner_id, follow_up_at, process_key, element_id, name, business_key, groups)
SELECT t.id, r.reader, t.urgent, coalesce(t.due_at, 'infinity'), t.created_at, t.assignee_id, t.owner_id, t.follow_up_at, t.process_key, t.element_id, t.name, t.business_key,
       CASE WHEN cardinality(t.candidate_groups) > 1 THEN t.candidate_groups END
FROM task t, LATERAL (SELECT unnest(t.candidate_groups) UNION SELECT t.assignee_id::text UNION SELECT t.owner_id::text) r(reader)
WHERE t.status = 'open' AND r.reader IS NOT NULL;

-- ── indexes ── No statement can use task_open_groups under row-level security, and its upkeep is not free.
DROP INDEX task_open_groups;
CREATE INDEX task_business_key ON task (business_key) WHERE business_key IS NOT NULL;
CREATE INDEX task_done ON task (ended_by_id, ended_at DESC, id) WHERE status = 'completed';
