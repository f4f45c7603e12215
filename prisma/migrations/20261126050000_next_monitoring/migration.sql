-- The day on which a plan is monitored next, as the last monitoring named it.
ALTER TABLE "evaluation" ADD COLUMN "next_monitor_on" DATE;
