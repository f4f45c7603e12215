-- A consent of somebody of the household is that person's own: it is known by who they are (client_person), not by how they are called.
-- The name stays as it was said, to be shown, and is all there is of somebody who is not registered.
ALTER TABLE "consent" ADD COLUMN "member_id" UUID;
ALTER TABLE "consent" ADD CONSTRAINT "consent_member_id_fkey" FOREIGN KEY ("member_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE consent ADD CONSTRAINT consent_member CHECK (member_id IS NULL OR subject = 'member');

-- Whether a consent is of this member: the same person, also where two registrations count as one. The name decides only where one of
-- the two is not registered (a form that names somebody whose name two of the household have is refused, domain/consents/members.ts).
CREATE FUNCTION consent_of_member(of_id uuid, of_name text, wanted_id uuid, wanted_name text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN of_id IS NOT NULL AND wanted_id IS NOT NULL THEN of_id = wanted_id OR EXISTS (SELECT 1 FROM client_person a JOIN client_person b ON a.root_id = b.root_id WHERE a.id = of_id AND b.id = wanted_id)
    ELSE of_name IS NOT DISTINCT FROM wanted_name END $$;

-- Consents from before this are bound where the case has exactly one person of that name.
ALTER TABLE consent DISABLE TRIGGER append_only;
UPDATE consent c SET member_id = m.id FROM (
  SELECT c.id AS consent_id, (array_agg(DISTINCT p.root_id))[1] AS id FROM consent c JOIN household_member h ON h.case_id = c.case_id AND h.relation <> 'subject' AND h.ended_at IS NULL JOIN client_person p ON p.id = h.client_id
  WHERE c.subject = 'member' AND regexp_replace(normalize(p.name, NFC), '\s', '', 'g') = regexp_replace(c.member_name, '\s', '', 'g') GROUP BY c.id HAVING count(DISTINCT p.root_id) = 1) m
WHERE m.consent_id = c.id;
ALTER TABLE consent ENABLE TRIGGER append_only;
