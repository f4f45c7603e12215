-- A merge says that two registrations are one person, and no more: what one agency was told is shown to nobody who reaches only a case
-- of the other registration (domain.md §3.8). Each registration is reached through its own cases.

DROP POLICY person_reads ON client_person;
DROP POLICY person_reads ON client_merge;
DROP FUNCTION client_reach(uuid);
DROP FUNCTION client_findable(uuid, text[], timestamptz, boolean);

-- Whether whoever asks reaches the identity of this one registration through a case of theirs.
CREATE FUNCTION client_reach(wanted_client uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.household_member m JOIN public.case_access a ON a.case_id = m.case_id
    WHERE m.client_id = wanted_client AND a.reader = ANY (public.app_case_readers()) AND a.level IN ('identity', 'content') AND a.ended_at IS NULL
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())) $$;
REVOKE ALL ON FUNCTION client_reach(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION client_reach(uuid) TO tsunagi_app;

-- Whether this one registration may be found by name: reached through the readers' own agency, an assignment, a consent. A seat in a
-- meeting does not make a case searchable (domain.md §3.8 rule 4); who coordinates finds all that they reach.
CREATE FUNCTION client_findable(wanted_client uuid, readers text[], at timestamptz, coordinates boolean) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.household_member m JOIN public.case_access a ON a.case_id = m.case_id
    WHERE m.client_id = wanted_client AND a.reader = ANY (readers) AND a.level IN ('identity', 'content') AND (coordinates OR a.basis <> 'meeting')
      AND a.ended_at IS NULL AND a.from_at <= at AND (a.until_at IS NULL OR a.until_at > at));
END $$;
REVOKE ALL ON FUNCTION client_findable(uuid, text[], timestamptz, boolean) FROM PUBLIC;

-- The people who fit, nearest first: each once, as the registration that they count as where the reader may find that one, otherwise as
-- the one that fitted. Only what stands in a registration that the reader may find is compared: nobody learns by a telephone number
-- what another agency wrote down. Who reaches few cases: their people are looked through. Who reaches many: the index finds whoever
-- fits, and in the order of the answer it is asked of one after the other whether they may be found, until there are enough.
CREATE OR REPLACE FUNCTION search_clients(wanted_grams text[], wanted_parts text[], wanted_phone text, wanted_first date, wanted_last date, most integer)
RETURNS TABLE (id uuid, standing integer) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  found text := 'true';
  coordinates boolean := coalesce(nullif(current_setting('app.roles', true), '')::text[], '{}') && '{coordinator}';
  readers text[] := public.app_case_readers();
  moment timestamptz := public.app_now();
  cases uuid[];
  theirs uuid[];
  shown uuid[] := '{}';
  fit record;
BEGIN
  IF public.app_scope() <> 'person' OR (wanted_parts IS NULL AND wanted_phone IS NULL AND wanted_first IS NULL) THEN RETURN; END IF;
  cases := ARRAY(SELECT DISTINCT a.case_id FROM public.case_access a WHERE a.reader = ANY (readers) AND a.ended_at IS NULL LIMIT 501);
  IF cardinality(cases) <= 500 THEN
    theirs := ARRAY(SELECT DISTINCT m.client_id FROM public.household_member m WHERE m.case_id = ANY (cases));
    found := 'p.id = ANY ($6)';
  END IF;
  IF wanted_parts IS NOT NULL THEN
    IF cardinality(wanted_grams) > 0 THEN found := found || ' AND p.grams @> $1'; END IF;
    -- a key has no space in it: what is found in all of them together lies within one
    FOR at IN 1 .. cardinality(wanted_parts) LOOP found := found || format(' AND position($2[%s] IN array_to_string(p.name_keys, '' '')) > 0', at); END LOOP;
  END IF;
  IF wanted_phone IS NOT NULL THEN found := found || ' AND p.phone_keys @> ARRAY[''~'' || right($3, 4)] AND EXISTS (SELECT 1 FROM unnest(p.phone_keys) k WHERE right(k, length($3)) = $3)'; END IF;
  -- few dates are only about right; such a one spans four years at the most
  IF wanted_first IS NOT NULL THEN found := found || ' AND (p.birth_first BETWEEN $4 AND $5 OR (p.birth_first <> p.birth_last AND p.birth_first BETWEEN $4 - 1462 AND $5 AND p.birth_last >= $4))'; END IF;
  FOR fit IN EXECUTE format('
      SELECT p.id, p.root_id, CASE WHEN $2 IS NULL OR array_to_string($2, '''') = ANY (p.name_keys) THEN 0
        WHEN position('' '' || $2[1] IN '' '' || array_to_string(p.name_keys, '' '')) > 0 THEN 1 ELSE 2 END AS standing
      FROM public.client_person p WHERE %s ORDER BY 3, p.kana COLLATE "C", p.root_id, p.id', found)
    USING wanted_grams, wanted_parts, wanted_phone, wanted_first, wanted_last, theirs
  LOOP
    CONTINUE WHEN fit.root_id = ANY (shown) OR NOT public.client_findable(fit.id, readers, moment, coordinates);
    shown := shown || fit.root_id;
    id := CASE WHEN fit.root_id <> fit.id AND public.client_findable(fit.root_id, readers, moment, coordinates) THEN fit.root_id ELSE fit.id END;
    standing := fit.standing;
    RETURN NEXT;
    EXIT WHEN cardinality(shown) >= most;
  END LOOP;
END $$;

-- Registrations with one of these names or telephone numbers: all of them to the engine, to a person those that they reach.
CREATE OR REPLACE FUNCTION near_clients(wanted_names text[], wanted_phones text[], most integer) RETURNS TABLE (id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT p.id FROM public.client_person p WHERE (p.name_keys && wanted_names OR p.phone_keys && wanted_phones)
    AND (public.app_scope() = 'engine' OR (public.app_scope() = 'person' AND public.client_reach(p.id))) LIMIT most $$;

CREATE POLICY person_reads ON client_person FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND client_reach(id));
-- why two are one person speaks of both: it is read by whoever reaches both
CREATE POLICY person_reads ON client_merge FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person'
  AND EXISTS (SELECT 1 FROM client_person p WHERE p.id = kept_id) AND EXISTS (SELECT 1 FROM client_person p WHERE p.id = merged_id));

-- How often somebody was refused for one reason since then: the application writes the record of deeds and does not read it, but must
-- know when somebody has asked too often whether a person is known elsewhere (casework.md §3.3 R11).
CREATE FUNCTION refusals_since(wanted_actor uuid, wanted_reason text, since timestamptz) RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*)::int FROM public.audit_event WHERE actor_id = wanted_actor AND at > since AND outcome = 'refused' AND reason = wanted_reason $$;
REVOKE ALL ON FUNCTION refusals_since(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION refusals_since(uuid, text, timestamptz) TO tsunagi_app;
