-- A case that ends because somebody moved away or died is handed over to somebody: by the handover that belongs to it, made after it was
-- noticed, and the closure can say to whom. Another one (to the next worker) does not count.
ALTER TABLE "handover" ADD COLUMN "to_name" TEXT;
ALTER TABLE "closure_reason" ADD COLUMN "handover_kinds" TEXT[] NOT NULL DEFAULT '{}', ADD COLUMN "exit_kind" TEXT;

ALTER TABLE handover DISABLE TRIGGER append_only;
UPDATE handover h SET to_name = coalesce(nullif(s.answers->>'toMunicipality', ''), nullif(s.answers->>'toName', '')) FROM submission s WHERE s.id = h.submission_id;
ALTER TABLE handover ENABLE TRIGGER append_only;

UPDATE closure_reason SET handover_kinds = '{municipality}', exit_kind = 'moved' WHERE code = 'moved_out';
UPDATE closure_reason SET handover_kinds = '{household,lead,other}', exit_kind = 'died' WHERE code = 'died';
ALTER TABLE closure_reason ADD CONSTRAINT closure_reason_handover CHECK ((accompanied = 'handover') = (cardinality(handover_kinds) > 0));

CREATE OR REPLACE FUNCTION closure_accompanied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE reason closure_reason;
BEGIN
  SELECT * INTO reason FROM closure_reason WHERE code = NEW.reason;
  IF reason.code IS NULL THEN RAISE EXCEPTION 'no closure reason %', NEW.reason USING ERRCODE = 'foreign_key_violation'; END IF;
  IF NOT ((reason.accompanied = 'handover' AND EXISTS (SELECT 1 FROM handover h WHERE h.id = NEW.handover_id AND h.case_id = NEW.case_id AND h.kind = ANY (reason.handover_kinds)
      AND h.at >= coalesce((SELECT max(e.noticed_at) FROM case_exit e WHERE e.case_id = NEW.case_id AND e.kind = reason.exit_kind), '-infinity')))
    OR EXISTS (SELECT 1 FROM agency a WHERE a.code = NEW.lead_agency AND a.active)) THEN
    RAISE EXCEPTION 'closure of case % names nobody who accompanies', NEW.case_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
