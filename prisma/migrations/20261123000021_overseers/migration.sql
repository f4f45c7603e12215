-- What those who lead the work or look after the processes may read beyond their own tasks: where processes stand (ids,
-- steps, due times), never answers, comments or drafts. The roles are those of `instance.read` in domain/authorize.ts
-- (test/http/overseers.test.ts holds the two together).
CREATE FUNCTION app_oversees() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT app_scope() = 'person' AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}')
    && '{manager,sectionLead,coordinator,meetingConvenor,chair,director,policyEditor,admin,auditor,kpiReporter}' $$;

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['process_instance','timer','subscription','message','job','incident','history_event','support_case'] LOOP
    EXECUTE format('CREATE POLICY overseer_reads ON %I FOR SELECT TO tsunagi_app USING ((SELECT app_oversees()))', t);
  END LOOP;
END $$;
-- Who took a consultation sees that it is there.
CREATE POLICY opener_reads ON support_case FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND opened_by_id = (SELECT app_user_id()));
-- What the diagram will do by itself beside a task that I see.
CREATE POLICY drawn_beside_my_task ON timer FOR SELECT TO tsunagi_app
  USING ((SELECT app_scope()) = 'person' AND kind = 'bpmn' AND EXISTS (SELECT 1 FROM task t WHERE t.instance_id = timer.instance_id AND t.status = 'open'));

-- The open tasks of one instance without what is in them; nothing to those who oversee nothing.
CREATE FUNCTION instance_tasks(wanted uuid) RETURNS TABLE (id uuid, element_id text, execution_id text, name text, candidate_groups text[], assignee_id uuid, due_at timestamptz, urgent boolean, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.id, t.element_id, t.execution_id, t.name, t.candidate_groups, t.assignee_id, t.due_at, t.urgent, t.created_at
  FROM public.task t WHERE t.instance_id = wanted AND t.status = 'open' AND public.app_oversees() $$;

-- How much waits at each element of one definition, and how much of it is late: numbers only.
CREATE FUNCTION definition_heat(wanted uuid, as_of timestamptz) RETURNS TABLE (element_id text, kind text, open integer, overdue integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH running AS (SELECT i.id FROM public.process_instance i WHERE i.definition_id = wanted AND i.status IN ('active', 'suspended') AND public.app_oversees())
  SELECT w.element_id, w.kind, count(*)::int, count(*) FILTER (WHERE w.due_at < as_of)::int
  FROM (
    SELECT t.element_id, 'user' AS kind, t.due_at FROM public.task t JOIN running r ON r.id = t.instance_id WHERE t.status = 'open'
    UNION ALL SELECT m.element_id, 'timer', m.due_at FROM public.timer m JOIN running r ON r.id = m.instance_id WHERE m.status = 'pending' AND m.kind = 'bpmn'
    UNION ALL SELECT j.element_id, 'job', NULL FROM public.job j JOIN running r ON r.id = j.instance_id WHERE j.status IN ('ready', 'failed')
    UNION ALL SELECT s.element_id, s.kind, NULL FROM public.subscription s JOIN running r ON r.id = s.instance_id
  ) w GROUP BY 1, 2 $$;
REVOKE ALL ON FUNCTION instance_tasks(uuid), definition_heat(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION instance_tasks(uuid), definition_heat(uuid, timestamptz) TO tsunagi_app;
