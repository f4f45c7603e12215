-- Participation support and outreach are somebody's: of the 本人, or of one of the household. A receiving place is told under the
-- consent of that person alone.
ALTER TABLE "participation" ADD COLUMN "client_id" UUID;
ALTER TABLE "outreach" ADD COLUMN "client_id" UUID;
ALTER TABLE "participation" ADD CONSTRAINT "participation_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "outreach" ADD CONSTRAINT "outreach_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "client_person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Until now the consent of the 本人 was asked for, so it was theirs.
UPDATE participation p SET client_id = m.client_id FROM household_member m WHERE m.case_id = p.case_id AND m.relation = 'subject' AND m.ended_at IS NULL;
UPDATE outreach o SET client_id = m.client_id FROM household_member m WHERE m.case_id = o.case_id AND m.relation = 'subject' AND m.ended_at IS NULL;

-- Whose it is does not change: for somebody else it is another support, under another consent.
CREATE FUNCTION keep_whose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'whose % it is does not change', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep_whose BEFORE UPDATE ON participation FOR EACH ROW WHEN (OLD.client_id IS DISTINCT FROM NEW.client_id) EXECUTE FUNCTION keep_whose();
CREATE TRIGGER keep_whose BEFORE UPDATE ON outreach FOR EACH ROW WHEN (OLD.client_id IS DISTINCT FROM NEW.client_id) EXECUTE FUNCTION keep_whose();
