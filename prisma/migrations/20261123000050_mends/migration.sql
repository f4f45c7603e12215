-- ── drafts ── What somebody typed goes when the task closes, whichever way it does: one place for all of them. Runs as
-- whoever closes the task; only the engine does, and it may.
CREATE FUNCTION draft_drop() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM public.draft WHERE task_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER draft_drop AFTER UPDATE OF status ON task FOR EACH ROW WHEN (OLD.status = 'open' AND NEW.status <> 'open') EXECUTE FUNCTION draft_drop();
DELETE FROM draft d USING task t WHERE t.id = d.task_id AND t.status <> 'open';

-- ── overseers ── Where all processes of the city stand is for those who coordinate, chair, direct, audit or run it, and
-- for who keeps the diagrams; cases are for the former alone. Leading a section or an agency is not enough.
CREATE FUNCTION app_has_role(wanted text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT app_scope() = 'person' AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && wanted $$;
CREATE OR REPLACE FUNCTION app_oversees() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT app_has_role('{coordinator,meetingConvenor,chair,director,auditor,admin,policyEditor}') $$;
DROP POLICY overseer_reads ON support_case;
CREATE POLICY overseer_reads ON support_case FOR SELECT TO tsunagi_app
  USING ((SELECT app_has_role('{coordinator,meetingConvenor,chair,director,auditor,admin}')));

-- ── answers kept for repeated requests ── are for who asked.
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON idempotency_key TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_owns ON idempotency_key FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND user_id = (SELECT app_user_id()));

-- ── password hashes ── The application asks for one login at a time and cannot read the column.
REVOKE SELECT ON app_user FROM tsunagi_app;
GRANT SELECT (id, login, name, email, agency_code, roles, active, created_at) ON app_user TO tsunagi_app;
CREATE FUNCTION sign_in_hash(wanted text) RETURNS TABLE (id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT u.id, u.password_hash FROM public.app_user u WHERE u.login = wanted AND u.active AND public.app_scope() = 'engine' $$;
REVOKE ALL ON FUNCTION sign_in_hash(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sign_in_hash(text) TO tsunagi_app;
