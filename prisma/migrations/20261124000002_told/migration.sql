-- Whoever was told that a task is late (a rung of its escalation ladder) sees that task while it is open: to be told of
-- something that one may not look at helps nobody.
CREATE POLICY told_reads ON task FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND status = 'open'
  AND EXISTS (SELECT 1 FROM notification n WHERE n.task_id = task.id AND n.kind = 'escalation' AND n.user_id = (SELECT app_user_id())));
CREATE INDEX "notification_user_id_kind_task_id_idx" ON "notification" ("user_id", "kind", "task_id");
