-- What Prisma's schema cannot say: roles, row-level security, append-only tables, partial indexes, checks.

-- ── roles ── The application connects as tsunagi_app, which owns nothing. The queue library keeps its own tables in
-- its own schema and may not touch ours. Whoever starts the system gives the two a password (bin/start) or an
-- administrator does; here they cannot log in.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsunagi_app') THEN CREATE ROLE tsunagi_app NOLOGIN NOSUPERUSER NOBYPASSRLS; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsunagi_queue') THEN CREATE ROLE tsunagi_queue NOLOGIN NOSUPERUSER NOBYPASSRLS; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
-- An owner that is no superuser made them but may not act as them yet (Postgres 16 and later).
DO $$ DECLARE r text; BEGIN
  FOREACH r IN ARRAY ARRAY['tsunagi_app', 'tsunagi_queue'] LOOP
    IF NOT pg_has_role(current_user, r, 'SET') THEN
      EXECUTE format('GRANT %I TO %I WITH SET TRUE, INHERIT FALSE', r, current_user);
    END IF;
  END LOOP;
END $$;
CREATE SCHEMA IF NOT EXISTS bullmq AUTHORIZATION tsunagi_queue;

GRANT USAGE ON SCHEMA public TO tsunagi_app;
GRANT SELECT ON agency, work_group, app_user, membership, calendar_day TO tsunagi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, draft, idempotency_key TO tsunagi_app;
GRANT SELECT, INSERT, UPDATE ON support_case, task, process_instance, timer, subscription, message, job, incident, notification, mail TO tsunagi_app;
GRANT DELETE ON subscription TO tsunagi_app;
GRANT SELECT, INSERT ON submission, task_comment, due_change, process_definition, history_event, reminder_ledger TO tsunagi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO tsunagi_app;
GRANT INSERT ON audit_event TO tsunagi_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tsunagi_app;

-- ── who is asking ── Each transaction says so (base/db): app.scope is 'engine' while an authorised action or a worker
-- runs, 'person' while somebody reads. Nothing said: no rows.
CREATE FUNCTION app_scope() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT coalesce(current_setting('app.scope', true), '') $$;
CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;
CREATE FUNCTION app_groups() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT coalesce(nullif(current_setting('app.groups', true), '')::text[], '{}') $$;

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['task','submission','draft','task_comment','due_change','support_case','process_instance','timer','subscription','message','job','incident','history_event','notification','mail','reminder_ledger'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
END $$;
CREATE POLICY person_reads ON task FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person'
  AND (assignee_id = (SELECT app_user_id()) OR owner_id = (SELECT app_user_id()) OR candidate_groups && (SELECT app_groups())));
CREATE POLICY person_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
CREATE POLICY person_reads ON task_comment FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
CREATE POLICY person_reads ON due_change FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
CREATE POLICY person_owns ON draft TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND user_id = (SELECT app_user_id())) WITH CHECK ((SELECT app_scope()) = 'person' AND user_id = (SELECT app_user_id()));
CREATE POLICY person_owns ON notification FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND user_id = (SELECT app_user_id()));
CREATE POLICY person_reads ON support_case FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM task t WHERE t.business_key = case_no));
CREATE POLICY person_reads ON timer FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND task_id IS NOT NULL AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));

-- ── append-only ──
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation'; END $$;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['history_event','audit_event','submission','process_definition','due_change','reminder_ledger'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;

-- ── closed lists ──
ALTER TABLE task ADD CONSTRAINT task_status CHECK (status IN ('open', 'completed', 'cancelled'));
ALTER TABLE process_instance ADD CONSTRAINT process_instance_status CHECK (status IN ('active', 'suspended', 'ended', 'cancelled'));
ALTER TABLE timer ADD CONSTRAINT timer_kind CHECK (kind IN ('bpmn', 'reminder', 'escalation', 'domain'));
ALTER TABLE timer ADD CONSTRAINT timer_status CHECK (status IN ('pending', 'fired', 'cancelled'));
ALTER TABLE message ADD CONSTRAINT message_status CHECK (status IN ('buffered', 'correlated', 'expired'));
ALTER TABLE job ADD CONSTRAINT job_status CHECK (status IN ('ready', 'done', 'failed', 'cancelled'));
ALTER TABLE subscription ADD CONSTRAINT subscription_kind CHECK (kind IN ('message', 'signal', 'conditional'));
ALTER TABLE mail ADD CONSTRAINT mail_status CHECK (status IN ('pending', 'sent', 'parked'));

-- ── the hot reads ──
CREATE INDEX task_open_groups ON task USING gin (candidate_groups) WHERE status = 'open';
CREATE INDEX task_open_due ON task (due_at, id) WHERE status = 'open';
CREATE INDEX task_open_assignee ON task (assignee_id, due_at) WHERE status = 'open';
CREATE INDEX timer_pending_due ON timer (due_at) WHERE status = 'pending';
CREATE UNIQUE INDEX timer_pending_execution ON timer (instance_id, execution_id) WHERE status = 'pending' AND kind = 'bpmn';
CREATE UNIQUE INDEX timer_task_rule ON timer (task_id, rule) WHERE status = 'pending' AND task_id IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (id) WHERE relayed_at IS NULL;
CREATE INDEX incident_open ON incident (instance_id) WHERE resolved_at IS NULL;
CREATE INDEX job_ready ON job (available_at) WHERE status = 'ready';

-- states are text of some kilobytes, rewritten each step: lz4, where the server has it, is several times cheaper
DO $$ BEGIN ALTER TABLE process_instance ALTER COLUMN state SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL; END $$;
ALTER TABLE process_instance SET (fillfactor = 70);
