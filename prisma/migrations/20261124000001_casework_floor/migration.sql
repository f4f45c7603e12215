-- The floor of casework: answered forms are kept as 帳票 (also those that no task asked for), forms that may be filed at any
-- time, and who may see which case, as rows that consents, meetings and assignments make and take away.

ALTER TABLE "submission" ALTER COLUMN "task_id" DROP NOT NULL;
ALTER TABLE "submission" ADD COLUMN "record" TEXT;
ALTER TABLE "submission" ADD COLUMN "compartment" TEXT NOT NULL DEFAULT 'agency';
ALTER TABLE "submission" ADD COLUMN "agency_code" TEXT;
ALTER TABLE "submission" ADD CONSTRAINT submission_compartment CHECK (compartment IN ('agency', 'team', 'confidential', 'office'));
CREATE INDEX "submission_case_id_record_submitted_at_idx" ON "submission" ("case_id", "record", "submitted_at");
CREATE INDEX "submission_record_submitted_at_idx" ON "submission" ("record", "submitted_at");

CREATE TABLE "standing_form" (
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "schema" JSONB NOT NULL,
    "deployed_by_id" UUID,
    "deployed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "standing_form_pkey" PRIMARY KEY ("key", "version")
);

CREATE TABLE "case_access" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "reader" TEXT COLLATE "C" NOT NULL,
    "level" TEXT NOT NULL,
    "basis" TEXT NOT NULL,
    "basis_id" UUID,
    "items" TEXT[],
    "granted_by_id" UUID,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "until_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "case_access_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "case_access" ADD CONSTRAINT "case_access_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE case_access ADD CONSTRAINT case_access_level CHECK (level IN ('exists', 'identity', 'content'));
CREATE INDEX "case_access_case_id_idx" ON "case_access" ("case_id");
CREATE INDEX case_access_live ON case_access (reader, case_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX case_access_once ON case_access (case_id, reader, level, basis, coalesce(basis_id, '00000000-0000-0000-0000-000000000000')) WHERE ended_at IS NULL;

-- Who reaches a case: by group, by name, and by agency for those whose work is with cases. Policy editors, auditors and
-- administrators reach none, whatever their agency.
CREATE FUNCTION app_case_readers() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT app_readers() || CASE WHEN app_scope() = 'person' AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}')
      && '{intakeWorker,sectionLead,coordinator,meetingConvenor,chair,director,outreachWorker,participationWorker,manager}'
    THEN ARRAY['agency:' || coalesce(current_setting('app.agency', true), '')] ELSE '{}' END $$;
-- The application's clock, so that a right ends when it says so there.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now()) $$;
CREATE FUNCTION case_reach(wanted uuid, wanted_level text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = wanted AND a.reader = ANY (public.app_case_readers()) AND a.ended_at IS NULL
    AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())
    AND (CASE wanted_level WHEN 'exists' THEN true WHEN 'identity' THEN a.level IN ('identity', 'content') ELSE a.level = 'content' END)) $$;
REVOKE ALL ON FUNCTION case_reach(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_reach(uuid, text) TO tsunagi_app;

-- Earlier answers for the fields of a form that say so (properties.from): to those who reach the case, and to whoever holds a
-- task of it, who sees only the fields that its form names (domain/records/carry.ts). Confidential ones only to a holder.
CREATE FUNCTION carried_submissions(wanted uuid, records text[]) RETURNS TABLE (record text, answers jsonb, compartment text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH asker AS (SELECT public.app_scope() = 'engine' AS engine, public.case_reach(wanted, 'content') AS reaches, EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id()) AS holds)
  SELECT s.record, s.answers, s.compartment FROM public.submission s, asker a
  WHERE s.case_id = wanted AND s.record = ANY (records) AND (a.engine OR (public.app_scope() = 'person' AND (a.holds OR (a.reaches AND s.compartment <> 'confidential'))))
  ORDER BY s.submitted_at DESC, s.id DESC $$;
REVOKE ALL ON FUNCTION carried_submissions(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_submissions(uuid, text[]) TO tsunagi_app;

GRANT SELECT, INSERT ON standing_form TO tsunagi_app;
GRANT SELECT, INSERT, UPDATE ON case_access TO tsunagi_app;
ALTER TABLE case_access ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON case_access TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY person_reads ON case_access FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND reader = ANY ((SELECT app_case_readers())::text[]));
CREATE POLICY reacher_reads ON support_case FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_reach(id, 'exists'));
CREATE POLICY reacher_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND (
  compartment = 'office'
  OR (compartment = 'team' AND case_reach(case_id, 'content'))
  OR (compartment = 'agency' AND agency_code = current_setting('app.agency', true) AND case_reach(case_id, 'content'))));
-- what a task's own people see of it stays theirs, except that nothing confidential is seen through a task
DROP POLICY person_reads ON submission;
CREATE POLICY person_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND compartment <> 'confidential' AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['standing_form'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;

-- Cases that were open before: the agency that took one keeps reaching it.
INSERT INTO case_access (id, case_id, reader, level, basis, from_at)
SELECT gen_random_uuid(), id, 'agency:' || agency_code, 'content', 'intake', opened_at FROM support_case;
