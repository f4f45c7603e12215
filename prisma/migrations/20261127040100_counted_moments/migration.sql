-- How an instant was counted with the office calendar, so that it is counted again when the calendar changes (src/base/calendar.ts,
-- Counted). Of timers: of a drawn one as it is armed, of a moment that the domain waits for as it is set.
ALTER TABLE "timer" ADD COLUMN "counted" JSONB;
-- Moments that a record or a handler has told a process, as instants: a drawn timer that waits for one of them finds here how it was counted.
CREATE TABLE "counted_moment" (
    "id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "moment" TIMESTAMPTZ(3) NOT NULL,
    "counted" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "counted_moment_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "counted_moment_case_id_moment_idx" ON "counted_moment"("case_id", "moment");
ALTER TABLE "counted_moment" ADD CONSTRAINT "counted_moment_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
GRANT SELECT, INSERT ON counted_moment TO tsunagi_app;
ALTER TABLE counted_moment ENABLE ROW LEVEL SECURITY;
CREATE POLICY engine_all ON counted_moment TO tsunagi_app USING ((SELECT app_scope()) = 'engine') WITH CHECK ((SELECT app_scope()) = 'engine');

-- What a change of the calendar moved and what it left alone, by kind and reason.
ALTER TABLE "calendar_change" ADD COLUMN "kinds" JSONB NOT NULL DEFAULT '[]', ADD COLUMN "left_alone" JSONB NOT NULL DEFAULT '[]';

-- Promised days that are watched already: the opening of their day, and so long after it.
UPDATE timer t SET counted = jsonb_build_object('on', p.on_day::text) FROM promised_day p WHERE p.id = t.about_id AND t.kind = 'domain' AND t.status = 'pending' AND t.rule = 'promise_due';
UPDATE timer t SET counted = jsonb_build_object('from', jsonb_build_object('on', p.on_day::text), 'by', 'add', 'duration',
    coalesce((SELECT s.value #>> '{promises,managerAfter}' FROM city_setting s WHERE s.key = 'clocks'), '1BD'))
  FROM promised_day p WHERE p.id = t.about_id AND t.kind = 'domain' AND t.status = 'pending' AND t.rule = 'promise_passed';
