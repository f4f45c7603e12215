-- People and their households in cases, found by any way of writing a name; merges as rows; 支援経過記録.

CREATE TABLE "client_person" (
    "id" UUID NOT NULL,
    "root_id" UUID NOT NULL,
    "kana" TEXT NOT NULL DEFAULT '',
    "name" TEXT NOT NULL DEFAULT '',
    "known_as" TEXT NOT NULL DEFAULT '',
    "common_name" TEXT NOT NULL DEFAULT '',
    "former_name" TEXT NOT NULL DEFAULT '',
    "sex" TEXT,
    "birth_date" TEXT NOT NULL DEFAULT '',
    "birth_first" DATE,
    "birth_last" DATE,
    "age_approx" INTEGER,
    "age_said_on" DATE,
    "postal_code" TEXT NOT NULL DEFAULT '',
    "address" TEXT NOT NULL DEFAULT '',
    "residence_status" TEXT,
    "phone_home" TEXT NOT NULL DEFAULT '',
    "phone_mobile" TEXT NOT NULL DEFAULT '',
    "email" TEXT NOT NULL DEFAULT '',
    "safe_contact" TEXT NOT NULL DEFAULT '',
    "no_contact_reason" TEXT NOT NULL DEFAULT '',
    "name_keys" TEXT[],
    "grams" TEXT[],
    "phone_keys" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by_id" UUID,

    CONSTRAINT "client_person_pkey" PRIMARY KEY ("id")
);
-- Bigrams in an array, not pg_trgm: most family names are two characters, of which trigrams know nothing.
CREATE INDEX "client_person_root_id_idx" ON "client_person" ("root_id");
CREATE INDEX "client_person_grams_idx" ON "client_person" USING GIN ("grams");
CREATE INDEX "client_person_name_keys_idx" ON "client_person" USING GIN ("name_keys");
CREATE INDEX "client_person_phone_keys_idx" ON "client_person" USING GIN ("phone_keys");
CREATE INDEX "client_person_birth_first_idx" ON "client_person" ("birth_first");
CREATE INDEX client_person_born_about ON client_person (birth_first) WHERE birth_first <> birth_last;

CREATE TABLE "client_change" (
    "id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "before" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "client_change_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "client_change_client_id_at_idx" ON "client_change" ("client_id", "at");

CREATE TABLE "client_merge" (
    "id" UUID NOT NULL,
    "kept_id" UUID NOT NULL,
    "merged_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "undone_at" TIMESTAMPTZ(3),
    "undone_by_id" UUID,
    "undone_reason" TEXT,

    CONSTRAINT "client_merge_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "client_merge_kept_id_idx" ON "client_merge" ("kept_id");
CREATE INDEX "client_merge_merged_id_idx" ON "client_merge" ("merged_id");
CREATE UNIQUE INDEX client_merge_once ON client_merge (merged_id) WHERE undone_at IS NULL;

CREATE TABLE "household" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "place" TEXT NOT NULL,
    "label" TEXT NOT NULL DEFAULT '',
    "type" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "household_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "household_case_id_place_label_key" ON "household" ("case_id", "place", "label");

CREATE TABLE "household_member" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "household_id" UUID NOT NULL,
    "relation" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "key_person" BOOLEAN NOT NULL DEFAULT false,
    "occupation" TEXT NOT NULL DEFAULT '',
    "health_note" TEXT NOT NULL DEFAULT '',
    "supporter_agency" TEXT NOT NULL DEFAULT '',
    "consent_status" TEXT,
    "submission_id" UUID NOT NULL,
    "since_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "household_member_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "household_member_client_id_idx" ON "household_member" ("client_id");
CREATE UNIQUE INDEX "household_member_case_id_client_id_key" ON "household_member" ("case_id", "client_id");
CREATE UNIQUE INDEX household_member_one_subject ON household_member (case_id) WHERE relation = 'subject';

CREATE TABLE "case_note" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "submission_id" UUID NOT NULL,
    "noted_on" DATE NOT NULL,
    "noted_time" TEXT,
    "method" TEXT NOT NULL,
    "target_persons" TEXT[],
    "duration_min" INTEGER,
    "visibility" TEXT NOT NULL,
    "next_action_on" DATE,
    "corrects_id" UUID,
    "correction_reason" TEXT,
    "author_id" UUID,
    "agency_code" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "case_note_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "case_note_submission_id_key" ON "case_note" ("submission_id");
CREATE UNIQUE INDEX "case_note_corrects_id_key" ON "case_note" ("corrects_id");
CREATE INDEX "case_note_case_id_noted_on_idx" ON "case_note" ("case_id", "noted_on");

ALTER TABLE "client_change" ADD CONSTRAINT "client_change_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "client_merge" ADD CONSTRAINT "client_merge_kept_id_fkey" FOREIGN KEY ("kept_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "client_merge" ADD CONSTRAINT "client_merge_merged_id_fkey" FOREIGN KEY ("merged_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "household" ADD CONSTRAINT "household_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "household_member" ADD CONSTRAINT "household_member_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "household_member" ADD CONSTRAINT "household_member_household_id_fkey" FOREIGN KEY ("household_id") REFERENCES "household"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE client_person ADD CONSTRAINT client_person_born CHECK ((birth_first IS NULL) = (birth_last IS NULL) AND birth_first <= birth_last);
ALTER TABLE client_merge ADD CONSTRAINT client_merge_two CHECK (kept_id <> merged_id);
ALTER TABLE household ADD CONSTRAINT household_place CHECK (place IN ('subject', 'apart'));
ALTER TABLE household_member ADD CONSTRAINT household_member_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL));
ALTER TABLE case_note ADD CONSTRAINT case_note_visibility CHECK (visibility IN ('agency', 'team', 'confidential'));
ALTER TABLE case_note ADD CONSTRAINT case_note_correction CHECK ((corrects_id IS NULL) = (correction_reason IS NULL));

-- Whether whoever asks reaches a person's identity through a case of theirs, under any of their registrations.
CREATE FUNCTION client_reach(wanted_root uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.client_person f JOIN public.household_member m ON m.client_id = f.id JOIN public.case_access a ON a.case_id = m.case_id
    WHERE f.root_id = wanted_root AND a.reader = ANY (public.app_case_readers()) AND a.level IN ('identity', 'content') AND a.ended_at IS NULL
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())) $$;
REVOKE ALL ON FUNCTION client_reach(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION client_reach(uuid) TO tsunagi_app;

-- Whether a person of these registrations may be found by name: reached through the readers' own agency, an assignment, a consent. A seat
-- in a meeting does not make a case searchable (domain.md §3.8 rule 4); who coordinates finds all that they reach.
CREATE FUNCTION client_findable(wanted_root uuid, readers text[], at timestamptz, coordinates boolean) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.client_person f JOIN public.household_member m ON m.client_id = f.id JOIN public.case_access a ON a.case_id = m.case_id
    WHERE f.root_id = wanted_root AND a.reader = ANY (readers) AND a.level IN ('identity', 'content') AND (coordinates OR a.basis <> 'meeting')
      AND a.ended_at IS NULL AND a.from_at <= at AND (a.until_at IS NULL OR a.until_at > at));
END $$;
REVOKE ALL ON FUNCTION client_findable(uuid, text[], timestamptz, boolean) FROM PUBLIC;

-- The roots of the people who fit, nearest first. Who reaches few cases: their people are looked through. Who reaches many: the index finds
-- whoever fits, and in the order of the answer it is asked of one after the other whether they may be found, until there are enough.
CREATE FUNCTION search_clients(wanted_grams text[], wanted_parts text[], wanted_phone text, wanted_first date, wanted_last date, most integer)
RETURNS TABLE (id uuid, standing integer) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  found text := 'true';
  coordinates boolean := coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator}';
  readers text[] := public.app_case_readers();
  moment timestamptz := public.app_now();
  cases uuid[];
  roots uuid[];
BEGIN
  IF public.app_scope() <> 'person' OR (wanted_grams IS NULL AND wanted_phone IS NULL AND wanted_first IS NULL) THEN RETURN; END IF;
  cases := ARRAY(SELECT DISTINCT a.case_id FROM public.case_access a WHERE a.reader = ANY (readers) AND a.ended_at IS NULL LIMIT 501);
  IF cardinality(cases) <= 500 THEN
    roots := ARRAY(SELECT DISTINCT f.root_id FROM public.household_member m JOIN public.client_person f ON f.id = m.client_id WHERE m.case_id = ANY (cases));
    found := 'p.root_id = ANY ($10)';
  END IF;
  IF wanted_grams IS NOT NULL THEN
    found := found || ' AND p.grams @> $1';
    -- a key has no space in it: what is found in all of them together lies within one
    FOR at IN 1 .. cardinality(wanted_parts) LOOP found := found || format(' AND position($2[%s] IN array_to_string(p.name_keys, '' '')) > 0', at); END LOOP;
  END IF;
  IF wanted_phone IS NOT NULL THEN found := found || ' AND p.phone_keys @> ARRAY[''~'' || right($3, 4)] AND EXISTS (SELECT 1 FROM unnest(p.phone_keys) k WHERE right(k, length($3)) = $3)'; END IF;
  -- few dates are only about right; such a one spans four years at the most
  IF wanted_first IS NOT NULL THEN found := found || ' AND (p.birth_first BETWEEN $4 AND $5 OR (p.birth_first <> p.birth_last AND p.birth_first BETWEEN $4 - 1462 AND $5 AND p.birth_last >= $4))'; END IF;
  RETURN QUERY EXECUTE format('
    SELECT s.root_id, s.standing FROM (
      SELECT p.root_id, min(CASE WHEN $2 IS NULL OR array_to_string($2, '''') = ANY (p.name_keys) THEN 0
          WHEN position('' '' || $2[1] IN '' '' || array_to_string(p.name_keys, '' '')) > 0 THEN 1 ELSE 2 END) AS standing, min(p.kana COLLATE "C") AS kana
      FROM public.client_person p WHERE %s GROUP BY p.root_id ORDER BY 2, 3, 1 OFFSET 0) s
    WHERE public.client_findable(s.root_id, $6, $7, $8) LIMIT $9', found)
  USING wanted_grams, wanted_parts, wanted_phone, wanted_first, wanted_last, readers, moment, coordinates, most, roots;
END $$;
REVOKE ALL ON FUNCTION search_clients(text[], text[], text, date, date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_clients(text[], text[], text, date, date, integer) TO tsunagi_app;

-- Registrations with one of these names or telephone numbers: all of them to the engine, to a person those that they reach. A function,
-- because under row-level security Postgres uses no index for what is asked of an array.
CREATE FUNCTION near_clients(wanted_names text[], wanted_phones text[], most integer) RETURNS TABLE (id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT p.id FROM public.client_person p WHERE (p.name_keys && wanted_names OR p.phone_keys && wanted_phones)
    AND (public.app_scope() = 'engine' OR (public.app_scope() = 'person' AND public.client_reach(p.root_id))) LIMIT most $$;
REVOKE ALL ON FUNCTION near_clients(text[], text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION near_clients(text[], text[], integer) TO tsunagi_app;

-- What the register says now of the 本人 of a case, for the forms that carry it: to the same people as carried_submissions.
CREATE FUNCTION carried_identity(wanted uuid) RETURNS TABLE (identity jsonb) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object('kana', p.kana, 'name', p.name, 'knownAs', p.known_as, 'commonName', p.common_name, 'formerName', p.former_name, 'sex', p.sex, 'birthDate', p.birth_date, 'ageApprox', p.age_approx,
    'postalCode', p.postal_code, 'address', p.address, 'residenceStatus', p.residence_status, 'phoneHome', p.phone_home, 'phoneMobile', p.phone_mobile, 'email', p.email, 'safeContact', p.safe_contact, 'noContactReason', p.no_contact_reason))
  FROM public.household_member m JOIN public.client_person p ON p.id = m.client_id
  WHERE m.case_id = wanted AND m.relation = 'subject' AND (public.app_scope() = 'engine' OR (public.app_scope() = 'person' AND (public.case_reach(wanted, 'content') OR EXISTS (
    SELECT 1 FROM public.task t JOIN public.support_case c ON c.case_no = t.business_key WHERE c.id = wanted AND t.status = 'open' AND t.assignee_id = public.app_user_id())))) $$;
REVOKE ALL ON FUNCTION carried_identity(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION carried_identity(uuid) TO tsunagi_app;

GRANT SELECT, INSERT, UPDATE ON client_person, household, household_member TO tsunagi_app;
GRANT SELECT, INSERT ON client_change, client_merge, case_note TO tsunagi_app;
GRANT UPDATE (undone_at, undone_by_id, undone_reason) ON client_merge TO tsunagi_app;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['client_person', 'client_change', 'client_merge', 'household', 'household_member', 'case_note'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY engine_all ON %I TO tsunagi_app USING ((SELECT app_scope()) = ''engine'') WITH CHECK ((SELECT app_scope()) = ''engine'')', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['client_change', 'case_note'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t);
  END LOOP;
END $$;
CREATE POLICY person_reads ON client_person FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND client_reach(root_id));
CREATE POLICY person_reads ON client_change FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM client_person p WHERE p.id = client_id));
CREATE POLICY person_reads ON client_merge FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM client_person p WHERE p.id = kept_id));
CREATE POLICY person_reads ON household FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'identity'));
CREATE POLICY person_reads ON household_member FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_reach(case_id, 'identity'));
-- a note is seen by whoever sees the sheet that it was written on
CREATE POLICY person_reads ON case_note FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM submission s WHERE s.id = submission_id));
-- F02 is read beyond its agency by those who judge what may be done without consent (domain.md §6.3)
CREATE POLICY no_consent_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND record = 'F02' AND compartment = 'agency'
  AND coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator,meetingConvenor,chair}' AND case_reach(case_id, 'content'));
