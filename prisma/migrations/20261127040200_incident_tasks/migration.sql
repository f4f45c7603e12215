-- An incident whose reports are tasks (processes/personal_data_incident). Those that were noticed before have none: they stay as they were.
ALTER TABLE "incident_report" ADD COLUMN "by_tasks" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "preliminary_on" DATE, ADD COLUMN "final_on" DATE, ADD COLUMN "told_how" TEXT, ADD COLUMN "told_on" DATE, ADD COLUMN "further_submissions" UUID[] DEFAULT ARRAY[]::UUID[];
ALTER TABLE incident_report ADD CONSTRAINT incident_report_told CHECK (told_how IN ('all', 'substitute', 'not_needed'));
-- Its further sheets are read by whoever sees the incident.
CREATE POLICY incident_further_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND record IN ('F19.preliminary', 'F19.final', 'F19.told')
  AND (submitted_by_id = (SELECT app_user_id()) OR EXISTS (SELECT 1 FROM incident_report i WHERE submission.id = ANY (i.further_submissions))));
