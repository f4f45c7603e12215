-- When work rests, and why.

CREATE TABLE "process_hold" (
    "id" UUID NOT NULL,
    "root_id" UUID NOT NULL,
    "holder_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "suspends" BOOLEAN NOT NULL,
    "held_at" TIMESTAMPTZ(3) NOT NULL,
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_hold_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "process_hold_root_id_idx" ON "process_hold"("root_id");
CREATE UNIQUE INDEX process_hold_open ON process_hold (root_id, holder_id) WHERE released_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON process_hold TO tsunagi_app;
ALTER TABLE process_hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON process_hold TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY overseer_reads ON process_hold FOR SELECT TO tsunagi_app USING ((SELECT app_oversees()));
CREATE INDEX outbox_orders ON outbox ((payload->>'businessKey'), id) WHERE kind = 'processes.steer' AND relayed_at IS NULL;

-- ── clocks that stand ──
CREATE TABLE "clock_pause" (
    "id" UUID NOT NULL,
    "business_key" TEXT,
    "task_id" UUID,
    "root_id" UUID,
    "reason" TEXT NOT NULL,
    "resume_on" DATE,
    "resume_at" TIMESTAMPTZ(3),
    "paused_by_id" UUID,
    "paused_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_by_id" UUID,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "clock_pause_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "clock_pause_business_key_idx" ON "clock_pause"("business_key");
CREATE INDEX "clock_pause_task_id_idx" ON "clock_pause"("task_id");
CREATE INDEX "clock_pause_root_id_idx" ON "clock_pause"("root_id");
CREATE TABLE "clock_event" (
    "id" UUID NOT NULL,
    "pause_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "task_id" UUID,
    "moved_ms" BIGINT,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "clock_event_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "clock_event_pause_id_at_idx" ON "clock_event"("pause_id", "at");

ALTER TABLE clock_pause ADD CONSTRAINT clock_pause_scope CHECK (task_id IS NULL OR root_id IS NULL);
ALTER TABLE clock_pause ADD CONSTRAINT clock_pause_about CHECK (business_key IS NOT NULL OR task_id IS NOT NULL OR root_id IS NOT NULL);
ALTER TABLE clock_pause ADD CONSTRAINT clock_pause_reason CHECK (reason IN ('awaiting_person', 'awaiting_agency', 'in_hospital', 'long_absence', 'other_procedure', 'disaster', 'suspended'));
ALTER TABLE clock_pause ADD CONSTRAINT clock_pause_until CHECK ((root_id IS NOT NULL) = (resume_at IS NULL) AND (resume_on IS NULL) = (resume_at IS NULL));
ALTER TABLE clock_event ADD CONSTRAINT clock_event_kind CHECK (kind IN ('paused', 'resumed', 'moved'));
-- two at once: one of them stops the clock
CREATE UNIQUE INDEX clock_pause_open_task ON clock_pause (task_id) WHERE ended_at IS NULL AND task_id IS NOT NULL;
CREATE UNIQUE INDEX clock_pause_open_tree ON clock_pause (root_id) WHERE ended_at IS NULL AND root_id IS NOT NULL;
CREATE UNIQUE INDEX clock_pause_open_case ON clock_pause (business_key) WHERE ended_at IS NULL AND task_id IS NULL AND root_id IS NULL;
CREATE INDEX clock_pause_due ON clock_pause (resume_at) WHERE ended_at IS NULL AND resume_at IS NOT NULL;
CREATE UNIQUE INDEX clock_event_resumed ON clock_event (pause_id) WHERE kind = 'resumed';

-- Its end is said once; nothing else of it is ever changed.
CREATE FUNCTION clock_pause_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.ended_at IS NULL AND (NEW.id, NEW.business_key, NEW.task_id, NEW.root_id, NEW.reason, NEW.resume_on, NEW.resume_at, NEW.paused_by_id, NEW.paused_at)
    IS NOT DISTINCT FROM (OLD.id, OLD.business_key, OLD.task_id, OLD.root_id, OLD.reason, OLD.resume_on, OLD.resume_at, OLD.paused_by_id, OLD.paused_at) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a pause of a clock can only end, and only once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER clock_pause_keep BEFORE UPDATE ON clock_pause FOR EACH ROW EXECUTE FUNCTION clock_pause_keep();
CREATE TRIGGER append_only BEFORE DELETE ON clock_pause FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON clock_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON clock_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON clock_pause TO tsunagi_app;
GRANT SELECT, INSERT ON clock_event TO tsunagi_app;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['clock_pause', 'clock_event'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
END $$;
CREATE POLICY overseer_reads ON clock_pause FOR SELECT TO tsunagi_app USING ((SELECT app_oversees()));
CREATE POLICY task_reads ON clock_pause FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id OR (task_id IS NULL AND t.business_key = clock_pause.business_key)));
CREATE POLICY case_reads ON clock_pause FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM support_case c WHERE c.case_no = business_key AND case_reach(c.id, 'content')));
CREATE POLICY pause_reads ON clock_event FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM clock_pause p WHERE p.id = pause_id));

-- While a task's clock stands: since when. A task that opens while the clock of its case stands starts with a standing clock.
ALTER TABLE "task" ADD COLUMN "paused_at" TIMESTAMPTZ(3);
ALTER TABLE "timer" ADD COLUMN "paused" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "due_change" ALTER COLUMN "by_id" DROP NOT NULL;
CREATE FUNCTION task_clock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.clock_pause p WHERE p.business_key = NEW.business_key AND p.task_id IS NULL AND p.root_id IS NULL AND p.ended_at IS NULL) THEN NEW.paused_at := NEW.created_at; END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION task_clock() FROM PUBLIC;
CREATE TRIGGER task_clock BEFORE INSERT ON task FOR EACH ROW WHEN (NEW.business_key IS NOT NULL AND NEW.status = 'open') EXECUTE FUNCTION task_clock();

-- In the inbox a task whose clock stands is neither late nor due.
CREATE OR REPLACE FUNCTION inbox_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN DELETE FROM public.inbox_entry WHERE task_id = OLD.id; END IF;
  IF NEW.status = 'open' THEN
    INSERT INTO public.inbox_entry (task_id, reader, urgent, due_at, created_at, held_by_id, owner_id, follow_up_at, process_key, element_id, name, business_key, groups)
    SELECT NEW.id, r.reader, NEW.urgent, CASE WHEN NEW.paused_at IS NULL THEN coalesce(NEW.due_at, 'infinity') ELSE 'infinity' END, NEW.created_at, NEW.assignee_id, NEW.owner_id, NEW.follow_up_at,
           NEW.process_key, NEW.element_id, NEW.name, NEW.business_key,
           CASE WHEN pg_catalog.cardinality(NEW.candidate_groups) > 1 THEN NEW.candidate_groups END
    FROM (SELECT pg_catalog.unnest(NEW.candidate_groups) UNION SELECT NEW.assignee_id::text UNION SELECT NEW.owner_id::text) r(reader)
    WHERE r.reader IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER inbox_keep_changed ON task;
CREATE TRIGGER inbox_keep_changed AFTER UPDATE ON task FOR EACH ROW WHEN (
  (OLD.status, OLD.candidate_groups, OLD.assignee_id, OLD.owner_id, OLD.due_at, OLD.follow_up_at, OLD.urgent, OLD.paused_at)
  IS DISTINCT FROM (NEW.status, NEW.candidate_groups, NEW.assignee_id, NEW.owner_id, NEW.due_at, NEW.follow_up_at, NEW.urgent, NEW.paused_at)) EXECUTE FUNCTION inbox_keep();

-- ── the office calendar, changed while the office works ──
-- Each process looks at the revision once a second (src/app.ts). What was counted with the calendar before in that second is counted
-- again when `settle_at` has come: `before` is that calendar's days.
CREATE TABLE "calendar_revision" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "revision" INTEGER NOT NULL,
    "before" JSONB,
    "settle_at" TIMESTAMPTZ(3),

    CONSTRAINT "calendar_revision_pkey" PRIMARY KEY ("id")
);
ALTER TABLE calendar_revision ADD CONSTRAINT calendar_revision_one CHECK (id = 1);
INSERT INTO calendar_revision (revision) VALUES (1);
CREATE TABLE "calendar_change" (
    "id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "days" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "moved" INTEGER NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "calendar_change_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "calendar_change_revision_key" ON "calendar_change"("revision");
ALTER TABLE "calendar_day" ADD COLUMN "changed_at" TIMESTAMPTZ(3);
GRANT SELECT, UPDATE ON calendar_revision TO tsunagi_app;
GRANT SELECT, INSERT ON calendar_change TO tsunagi_app;
GRANT INSERT, UPDATE ON calendar_day TO tsunagi_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON calendar_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON calendar_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['calendar_revision', 'calendar_change', 'calendar_day'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
    EXECUTE format('CREATE POLICY all_read ON %I FOR SELECT TO tsunagi_app USING (true)', t);
  END LOOP;
END $$;

-- ── cases that somebody should look at ── Numbers and flags, never what is in them, of the open cases of which the asker may know
-- (who oversees the cases: of all). `no_next`: no open task, no timer, no pause: nothing would ever happen. `no_lead`: supported
-- without 主担当. `held_by_none`: a process is held by one that has ended. `last_at`: when something was last written about it.
-- (case_role is made by the group `plans`; where there is none nobody can be named.)
CREATE FUNCTION case_attention() RETURNS TABLE (case_id uuid, no_next boolean, no_lead boolean, held_by_none boolean, last_at timestamptz, paused_until date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE leads text := 'false';
BEGIN
  IF to_regclass('public.case_role') IS NOT NULL THEN
    leads := $q$ c.status = 'supporting' AND NOT EXISTS (SELECT 1 FROM public.case_role r WHERE r.case_id = c.id AND r.role = 'lead' AND r.until_at IS NULL) $q$;
  END IF;
  RETURN QUERY EXECUTE $q$
    SELECT c.id,
      NOT EXISTS (SELECT 1 FROM public.task t WHERE t.business_key = c.case_no AND t.status = 'open')
        AND NOT EXISTS (SELECT 1 FROM public.process_instance i JOIN public.timer m ON m.instance_id = i.id WHERE i.business_key = c.case_no AND i.status = 'active' AND m.kind = 'bpmn' AND m.status = 'pending')
        AND NOT EXISTS (SELECT 1 FROM public.clock_pause p WHERE p.business_key = c.case_no AND p.ended_at IS NULL AND p.resume_at IS NOT NULL),
      $q$ || leads || $q$,
      EXISTS (SELECT 1 FROM public.process_instance i JOIN public.process_hold h ON h.root_id = i.id JOIN public.process_instance o ON o.id = h.holder_id
        WHERE i.business_key = c.case_no AND i.status = 'suspended' AND h.released_at IS NULL AND o.status IN ('ended', 'cancelled')),
      greatest(c.opened_at, (SELECT max(s.submitted_at) FROM public.submission s WHERE s.case_id = c.id),
        (SELECT max(k.at) FROM public.task t JOIN public.task_comment k ON k.task_id = t.id WHERE t.business_key = c.case_no)),
      (SELECT max(p.resume_on) FROM public.clock_pause p WHERE p.business_key = c.case_no AND p.ended_at IS NULL AND p.task_id IS NULL AND p.root_id IS NULL)
    FROM public.support_case c
    WHERE c.status <> 'closed' AND public.app_scope() = 'person'
      AND (public.app_has_role('{coordinator,meetingConvenor,chair,director,auditor,admin}') OR public.case_reach(c.id, 'exists')) $q$;
END $$;
REVOKE ALL ON FUNCTION case_attention() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_attention() TO tsunagi_app;
