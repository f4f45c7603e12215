-- AlterTable
ALTER TABLE "message" ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'message';

-- CreateTable
CREATE TABLE "case_counter" (
    "year" TEXT NOT NULL,
    "last" INTEGER NOT NULL,

    CONSTRAINT "case_counter_pkey" PRIMARY KEY ("year")
);

ALTER TABLE message ADD CONSTRAINT message_kind CHECK (kind IN ('message', 'signal'));
GRANT SELECT, INSERT, UPDATE ON case_counter TO tsunagi_app;
CREATE INDEX message_buffered ON message (expires_at) WHERE status = 'buffered';
