-- What is written beside a step of a process that knows of a 支援会議 (comments, reasons) is read like what is answered there: by those
-- inside that sitting and by nobody else (社会福祉法106条の6第5項; docs/GUARDS.md).
ALTER TABLE "task_comment" ADD COLUMN "confidential" BOOLEAN NOT NULL DEFAULT false, ADD COLUMN "sitting_id" UUID;
ALTER TABLE "due_change" ADD COLUMN "confidential" BOOLEAN NOT NULL DEFAULT false, ADD COLUMN "sitting_id" UUID;

-- The 支援会議 of a case that these variables know of, under whatever name and however deep, and its newest sitting until then. A process
-- that only says that it is a confidential one knows the one that goes on. For the engine: it is no answer to somebody who reads.
CREATE FUNCTION sitting_known(wanted uuid, variables jsonb, until_at timestamptz) RETURNS TABLE (confidential boolean, sitting_id uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  WITH said AS (SELECT DISTINCT v #>> '{}' AS word FROM jsonb_path_query(coalesce(variables, '{}'), 'strict $.** ? (@.type() == "string")') v),
  named AS (SELECT coalesce(variables ->> 'kind' = 'confidential', false) AS confidential),
  known AS (SELECT t.id FROM public.meeting t JOIN public.meeting_case c ON c.meeting_id = t.id CROSS JOIN named n WHERE c.case_id = wanted AND t.kind = 'confidential'
    AND (EXISTS (SELECT 1 FROM said WHERE word = t.id::text) OR EXISTS (SELECT 1 FROM public.sitting s JOIN said ON word = s.id::text WHERE s.meeting_id = t.id) OR (n.confidential AND t.closed_at IS NULL))
    ORDER BY t.opened_at DESC, t.id DESC LIMIT 1)
  SELECT n.confidential OR s.id IS NOT NULL, s.id FROM named n
    LEFT JOIN LATERAL (SELECT s.id FROM known k JOIN public.sitting s ON s.meeting_id = k.id WHERE s.opened_at <= until_at ORDER BY s.no DESC LIMIT 1) s ON true $$;
-- The same for the process that a task belongs to.
CREATE FUNCTION sitting_of_task(wanted uuid, until_at timestamptz) RETURNS TABLE (confidential boolean, sitting_id uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.confidential, k.sitting_id FROM public.task t JOIN public.process_instance i ON i.id = t.instance_id LEFT JOIN public.support_case c ON c.case_no = t.business_key
    CROSS JOIN LATERAL public.sitting_known(c.id, i.variables, until_at) k WHERE t.id = wanted $$;
REVOKE ALL ON FUNCTION sitting_known(uuid, jsonb, timestamptz), sitting_of_task(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sitting_known(uuid, jsonb, timestamptz), sitting_of_task(uuid, timestamptz) TO tsunagi_app;

-- ── what was written before this ── With the sitting that was the newest then.
UPDATE task_comment w SET confidential = k.confidential, sitting_id = k.sitting_id FROM (SELECT w.id, k.* FROM task_comment w CROSS JOIN LATERAL sitting_of_task(w.task_id, w.at) k) k WHERE k.id = w.id AND k.confidential;
ALTER TABLE due_change DISABLE TRIGGER append_only;
UPDATE due_change w SET confidential = k.confidential, sitting_id = k.sitting_id FROM (SELECT w.id, k.* FROM due_change w CROSS JOIN LATERAL sitting_of_task(w.task_id, w.at) k) k WHERE k.id = w.id AND k.confidential;
ALTER TABLE due_change ENABLE TRIGGER append_only;
INSERT INTO task_comment (id, task_id, author_id, body, at, confidential, sitting_id) SELECT gen_random_uuid(), t.id, coalesce(t.owner_id, t.assignee_id), t.delegate_reason, coalesce(t.claimed_at, t.created_at), true, k.sitting_id
  FROM task t CROSS JOIN LATERAL sitting_of_task(t.id, coalesce(t.claimed_at, t.created_at)) k WHERE t.delegate_reason IS NOT NULL AND coalesce(t.owner_id, t.assignee_id) IS NOT NULL AND k.confidential;
UPDATE task t SET delegate_reason = NULL FROM (SELECT t.id FROM task t CROSS JOIN LATERAL sitting_of_task(t.id, coalesce(t.claimed_at, t.created_at)) k WHERE t.delegate_reason IS NOT NULL AND k.confidential) k WHERE k.id = t.id;

-- ── from here on ── Whatever code writes it. The reason of a delegation stands in the task itself, which all its candidates read: of such
-- a step it is kept as a comment (actions/delegate-task.ts).
CREATE FUNCTION bind_to_sitting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT k.confidential, k.sitting_id INTO NEW.confidential, NEW.sitting_id FROM sitting_of_task(NEW.task_id, 'infinity') k;
  NEW.confidential := coalesce(NEW.confidential, false);
  RETURN NEW;
END $$;
CREATE TRIGGER bound_to_sitting BEFORE INSERT ON task_comment FOR EACH ROW EXECUTE FUNCTION bind_to_sitting();
CREATE TRIGGER bound_to_sitting BEFORE INSERT ON due_change FOR EACH ROW EXECUTE FUNCTION bind_to_sitting();
CREATE FUNCTION refuse_confidential_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT k.confidential FROM sitting_of_task(NEW.id, 'infinity') k) THEN RAISE EXCEPTION 'words about a confidential meeting do not stand in a task' USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER confidential_words BEFORE UPDATE OF delegate_reason ON task FOR EACH ROW WHEN (NEW.delegate_reason IS NOT NULL AND NEW.delegate_reason IS DISTINCT FROM OLD.delegate_reason) EXECUTE FUNCTION refuse_confidential_words();
ALTER POLICY person_reads ON task_comment USING ((SELECT app_scope()) = 'person' AND (NOT confidential OR (sitting_id IS NOT NULL AND sitting_inside(sitting_id))) AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
ALTER POLICY person_reads ON due_change USING ((SELECT app_scope()) = 'person' AND (NOT confidential OR (sitting_id IS NOT NULL AND sitting_inside(sitting_id))) AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
