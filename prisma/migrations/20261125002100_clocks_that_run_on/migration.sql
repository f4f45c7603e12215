-- Clocks that the law or a life sets never stand: an emergency, the withdrawal of a consent. Which they are, the diagram says
-- (`neverPaused`); the task keeps it, and a case whose clock stands lets such a task open with a clock that runs.
ALTER TABLE "task" ADD COLUMN "never_paused" BOOLEAN NOT NULL DEFAULT false;

DROP TRIGGER task_clock ON task;
CREATE TRIGGER task_clock BEFORE INSERT ON task FOR EACH ROW WHEN (NEW.business_key IS NOT NULL AND NEW.status = 'open' AND NOT NEW.never_paused) EXECUTE FUNCTION task_clock();

-- Those that stand at this moment run on; what they were given when they opened is what they have.
UPDATE task SET never_paused = true WHERE status = 'open' AND process_key IN ('emergency', 'consent_withdrawal');
UPDATE task t SET paused_at = NULL FROM process_instance i
  WHERE i.id = t.instance_id AND i.status = 'active' AND t.status = 'open' AND t.never_paused AND t.paused_at IS NOT NULL;
UPDATE timer m SET paused = false FROM task t
  WHERE t.instance_id = m.instance_id AND t.status = 'open' AND t.never_paused AND t.paused_at IS NULL AND m.status = 'pending' AND m.paused AND m.kind = 'bpmn';
