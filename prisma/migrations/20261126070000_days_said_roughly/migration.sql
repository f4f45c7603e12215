-- Days that may honestly be known only roughly: as they were said, beside the day where it is known to the day. What was kept before
-- was a day, and is read as it stands.
ALTER TABLE "case_exit" ADD COLUMN "occurred_said" TEXT;
ALTER TABLE "incident_report" ADD COLUMN "occurred_said" TEXT;
ALTER TABLE "plan_role" ADD COLUMN "ends_said" TEXT, ADD COLUMN "starts_said" TEXT;
ALTER TABLE "referral" ADD COLUMN "result_said" TEXT;
ALTER TABLE "role_report" ADD COLUMN "reported_said" TEXT, ALTER COLUMN "reported_on" DROP NOT NULL;
ALTER TABLE role_report ADD CONSTRAINT role_report_day CHECK (reported_on IS NOT NULL OR reported_said IS NOT NULL);
