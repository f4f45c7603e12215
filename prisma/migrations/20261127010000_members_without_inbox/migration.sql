-- Agencies of the 機関マスタ (F90) that have no inbox here (a clinic, a school, the police) sit in meetings too: their seat is named
-- `agency:<code>` where others have the key of their inbox. Nobody signs in for them.
ALTER TABLE sitting_member ADD CONSTRAINT sitting_member_outside CHECK (group_key NOT LIKE 'agency:%' OR (group_key = 'agency:' || agency_code AND user_id IS NULL));

-- The seats for which nobody has pledged. A seat of a group is pledged when one of the group is; one without an inbox when the paper of its
-- agency for this very sitting is on record; who has not pledged reads nothing.
CREATE OR REPLACE FUNCTION sitting_unpledged(wanted uuid) RETURNS SETOF public.sitting_member LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.* FROM public.sitting_member m WHERE m.sitting_id = wanted AND m.removed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM public.pledge p WHERE p.sitting_id = wanted AND CASE
      WHEN m.group_key LIKE 'agency:%' THEN p.user_id IS NULL AND p.valid_for = 'sitting' AND p.agency_code = m.agency_code AND p.recorded_at <= public.app_now()
      ELSE p.user_id IS NOT NULL AND public.sitting_pledged(wanted, p.user_id)
        AND CASE WHEN m.user_id IS NULL THEN EXISTS (SELECT 1 FROM public.membership g WHERE g.group_key = m.group_key AND g.user_id = p.user_id) ELSE m.user_id = p.user_id END END) $$;

-- Who may sit in a 支援会議 the 機関マスタ says. Its chair and its office are the city's and sit there by law.
CREATE FUNCTION refuse_strange_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.role = 'member' AND EXISTS (SELECT 1 FROM sitting s JOIN meeting t ON t.id = s.meeting_id WHERE s.id = NEW.sitting_id AND t.kind = 'confidential')
    AND NOT EXISTS (SELECT 1 FROM agency a WHERE a.code = NEW.agency_code AND a.active AND a.can_join_confidential) THEN
    RAISE EXCEPTION 'this agency may not sit in a confidential meeting' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER seat_may_join BEFORE INSERT ON sitting_member FOR EACH ROW EXECUTE FUNCTION refuse_strange_seat();

-- No copy of the papers of a 支援会議 is for somebody who has not pledged for it.
CREATE FUNCTION refuse_unpledged_handout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM sitting s JOIN meeting t ON t.id = s.meeting_id WHERE s.id = NEW.sitting_id AND t.kind = 'confidential')
    AND EXISTS (SELECT 1 FROM sitting_unpledged(NEW.sitting_id) u WHERE u.id = NEW.member_id) THEN
    RAISE EXCEPTION 'the papers of a confidential meeting are for those who have pledged' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER handout_pledged BEFORE INSERT ON handout FOR EACH ROW EXECUTE FUNCTION refuse_unpledged_handout();
