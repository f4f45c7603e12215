-- A slip that nobody has answered goes with the consent that it rested on: nobody sees it any more, and nobody may say yes to it.
ALTER TABLE "referral" ADD COLUMN "cancelled_at" TIMESTAMPTZ(3), ADD COLUMN "cancel_submission_id" UUID;
ALTER TABLE referral DROP CONSTRAINT referral_status, DROP CONSTRAINT referral_answered;
ALTER TABLE referral ADD CONSTRAINT referral_status CHECK (status IN ('sent', 'accepted', 'conditional', 'returned', 'out_of_scope', 'cancelled'));
ALTER TABLE referral ADD CONSTRAINT referral_answered CHECK (status IN ('sent', 'cancelled') OR (replied_by_id IS NOT NULL AND replied_at IS NOT NULL));
ALTER TABLE referral ADD CONSTRAINT referral_cancelled CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL) = (cancel_submission_id IS NULL));
