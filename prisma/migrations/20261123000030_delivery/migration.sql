-- AlterTable
ALTER TABLE "task" ADD COLUMN     "escalations" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "outbox" ADD COLUMN     "attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "claimed_until" TIMESTAMPTZ(3),
ADD COLUMN     "last_error" TEXT;

-- AlterTable
ALTER TABLE "notification" ADD COLUMN     "scheduled_for" TIMESTAMPTZ(3);

-- a mail whose tasks were all done, or whose reader left, before it could be sent
ALTER TABLE mail DROP CONSTRAINT mail_status;
ALTER TABLE mail ADD CONSTRAINT mail_status CHECK (status IN ('pending', 'sent', 'parked', 'dropped'));

-- Reminders and escalations are claimed apart from the timers that move a process: a hundred thousand of the one kind
-- must not stand in the way of the other.
DROP INDEX timer_pending_due;
CREATE INDEX timer_due_notice ON timer (due_at, id) WHERE status = 'pending' AND kind IN ('reminder', 'escalation');
CREATE INDEX timer_due_other ON timer (due_at, id) WHERE status = 'pending' AND kind IN ('bpmn', 'domain');
ALTER TABLE timer SET (fillfactor = 80);
CREATE INDEX notification_unmailed ON notification (user_id) WHERE mail_id IS NULL AND read_at IS NULL;
CREATE INDEX mail_due ON mail (next_attempt_at) WHERE status = 'pending';
