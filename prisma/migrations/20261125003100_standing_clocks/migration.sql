-- A task whose clock stands is not late: neither on the heat map nor on the page of its process.
CREATE OR REPLACE FUNCTION definition_heat(wanted uuid, as_of timestamptz) RETURNS TABLE (element_id text, kind text, open integer, overdue integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH running AS (SELECT i.id FROM public.process_instance i WHERE i.definition_id = wanted AND i.status IN ('active', 'suspended') AND public.app_oversees())
  SELECT w.element_id, w.kind, count(*)::int, count(*) FILTER (WHERE w.due_at < as_of)::int
  FROM (
    SELECT t.element_id, 'user' AS kind, CASE WHEN t.paused_at IS NULL THEN t.due_at END AS due_at FROM public.task t JOIN running r ON r.id = t.instance_id WHERE t.status = 'open'
    UNION ALL SELECT m.element_id, 'timer', CASE WHEN NOT m.paused THEN m.due_at END FROM public.timer m JOIN running r ON r.id = m.instance_id WHERE m.status = 'pending' AND m.kind = 'bpmn'
    UNION ALL SELECT j.element_id, 'job', NULL FROM public.job j JOIN running r ON r.id = j.instance_id WHERE j.status IN ('ready', 'failed')
    UNION ALL SELECT s.element_id, s.kind, NULL FROM public.subscription s JOIN running r ON r.id = s.instance_id
  ) w GROUP BY 1, 2 $$;

DROP FUNCTION instance_tasks(uuid);
CREATE FUNCTION instance_tasks(wanted uuid) RETURNS TABLE (id uuid, element_id text, execution_id text, name text, candidate_groups text[], assignee_id uuid, due_at timestamptz, urgent boolean, created_at timestamptz, paused_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.id, t.element_id, t.execution_id, t.name, t.candidate_groups, t.assignee_id, t.due_at, t.urgent, t.created_at, t.paused_at
  FROM public.task t WHERE t.instance_id = wanted AND t.status = 'open' AND public.app_oversees() $$;
REVOKE ALL ON FUNCTION instance_tasks(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION instance_tasks(uuid) TO tsunagi_app;
