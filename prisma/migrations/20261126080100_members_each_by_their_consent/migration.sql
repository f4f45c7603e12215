-- Who of a household is known to whom: one rule for the household of a case, for search, for a person's page and for whatever is made of
-- a registration (domain.md §3.5, §3.8). The 本人 to every right to know who it is; the family to a right that names no kinds of content, or to
-- one that names 家族状況 as far as each member has agreed themselves. A slip says who it is about, not whom they live with.

-- Whether somebody of a household has agreed themselves that this agency is told of something of these kinds. A consent that knows no
-- registration is theirs by name where nobody else of the case has it.
CREATE FUNCTION member_agreed(of_case uuid, of_client uuid, agency text, wanted text[]) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.consent c JOIN public.client_person p ON p.id = of_client WHERE c.case_id = of_case AND c.subject = 'member' AND c.place_name IS NULL
    AND public.consent_of_member(c.member_id, c.member_name, of_client, normalize(btrim(p.name), NFC))
    AND (c.member_id IS NOT NULL OR 1 = (SELECT count(*) FROM public.household_member m JOIN public.client_person o ON o.id = m.client_id WHERE m.case_id = of_case AND normalize(btrim(o.name), NFC) = c.member_name))
    AND public.consent_holds(c.id, public.app_now()) AND public.consent_types(c.id) && '{share,conference}' AND public.consent_items(c.id) && wanted AND public.consent_agrees(c.id, agency)) $$;
-- Whether this right lets somebody of the case be known by name.
CREATE FUNCTION member_shown(of_case uuid, of_client uuid, relation text, level text, items text[], agency text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce((level = 'content' AND items IS NULL) OR CASE WHEN relation = 'subject' THEN items IS NULL OR 'basic' = ANY (items)
    ELSE level = 'content' AND 'family' = ANY (items) AND public.member_agreed(of_case, of_client, agency, '{basic,family}') END, false) $$;

CREATE OR REPLACE FUNCTION client_reach(wanted_client uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.household_member m JOIN public.case_access a ON a.case_id = m.case_id
    WHERE m.client_id = wanted_client AND a.reader = ANY (public.app_case_readers()) AND a.level IN ('identity', 'content') AND a.ended_at IS NULL
      AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())
      AND public.member_shown(m.case_id, m.client_id, m.relation, a.level, a.items, coalesce(current_setting('app.agency', true), ''))) $$;
CREATE OR REPLACE FUNCTION client_findable(wanted_client uuid, readers text[], at timestamptz, coordinates boolean) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM public.household_member m JOIN public.case_access a ON a.case_id = m.case_id
    WHERE m.client_id = wanted_client AND a.reader = ANY (readers) AND a.level IN ('identity', 'content') AND (coordinates OR a.basis <> 'meeting')
      AND a.ended_at IS NULL AND a.from_at <= at AND (a.until_at IS NULL OR a.until_at > at)
      AND public.member_shown(m.case_id, m.client_id, m.relation, a.level, a.items, coalesce(current_setting('app.agency', true), '')));
END $$;

-- Who of a household is there at all for whoever asks: who may be known by name, and, where 家族状況 is told, the others as how they stand to
-- the 本人 (which columns: http/households.ts).
CREATE FUNCTION member_reach(of_case uuid, of_client uuid, relation text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.case_access a WHERE a.case_id = of_case AND a.reader = ANY (public.app_case_readers()) AND a.level IN ('identity', 'content') AND a.ended_at IS NULL
    AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())
    AND ((a.level = 'content' AND 'family' = ANY (a.items)) OR public.member_shown(of_case, of_client, relation, a.level, a.items, coalesce(current_setting('app.agency', true), '')))) $$;
-- Of those: who may be known by name, and of whom what is noted of their health may be told.
CREATE FUNCTION members_named(of_case uuid) RETURNS TABLE (member_id uuid, health boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.id, bool_or(a.level = 'content' AND (a.items IS NULL OR ('health' = ANY (a.items)
      AND (m.relation = 'subject' OR public.member_agreed(m.case_id, m.client_id, coalesce(current_setting('app.agency', true), ''), '{health}')))))
  FROM public.household_member m JOIN public.case_access a ON a.case_id = m.case_id
  WHERE m.case_id = of_case AND m.ended_at IS NULL AND public.app_scope() = 'person' AND a.reader = ANY (public.app_case_readers()) AND a.level IN ('identity', 'content') AND a.ended_at IS NULL
    AND a.from_at <= public.app_now() AND (a.until_at IS NULL OR a.until_at > public.app_now())
  GROUP BY m.id HAVING bool_or(public.member_shown(m.case_id, m.client_id, m.relation, a.level, a.items, coalesce(current_setting('app.agency', true), ''))) $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['member_agreed(uuid, uuid, text, text[])', 'member_reach(uuid, uuid, text)', 'members_named(uuid)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tsunagi_app', f);
  END LOOP;
END $$;
ALTER POLICY person_reads ON household_member USING ((SELECT app_scope()) = 'person' AND member_reach(case_id, client_id, relation));
ALTER POLICY person_reads ON household USING ((SELECT app_scope()) = 'person' AND EXISTS (SELECT 1 FROM household_member m WHERE m.household_id = household.id));
