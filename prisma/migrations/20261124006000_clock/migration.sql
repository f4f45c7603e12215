-- When work rests, and why.

CREATE TABLE "process_hold" (
    "id" UUID NOT NULL,
    "root_id" UUID NOT NULL,
    "holder_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "suspends" BOOLEAN NOT NULL,
    "held_at" TIMESTAMPTZ(3) NOT NULL,
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_hold_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "process_hold_root_id_idx" ON "process_hold"("root_id");
CREATE UNIQUE INDEX process_hold_open ON process_hold (root_id, holder_id) WHERE released_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON process_hold TO tsunagi_app;
ALTER TABLE process_hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON process_hold TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');
CREATE POLICY overseer_reads ON process_hold FOR SELECT TO tsunagi_app USING ((SELECT app_oversees()));
CREATE INDEX outbox_orders ON outbox ((payload->>'businessKey'), id) WHERE kind = 'processes.steer' AND relayed_at IS NULL;
