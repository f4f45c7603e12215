-- A slip that nobody has answered is also cancelled by the closure of its case, which no record of its own says.
ALTER TABLE referral DROP CONSTRAINT referral_cancelled;
ALTER TABLE referral ADD CONSTRAINT referral_cancelled CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancel_submission_id IS NULL OR cancelled_at IS NOT NULL));
