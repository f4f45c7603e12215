-- Whoever sees a task reads of its answers what their own agency wrote: a step that is drawn for a second agency shows it nothing that the
-- first one wrote there. Whoever reaches the case reads it by that. What was answered before agencies were kept stays as it was.
ALTER POLICY person_reads ON submission USING ((SELECT app_scope()) = 'person' AND compartment <> 'confidential'
  AND (agency_code IS NULL OR agency_code = current_setting('app.agency', true)) AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id));
ALTER POLICY within_consent ON submission USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team' OR case_id IS NULL
  OR ((agency_code IS NULL OR agency_code = current_setting('app.agency', true)) AND EXISTS (SELECT 1 FROM task t WHERE t.id = task_id))
  OR case_reach_item(case_id, record_item(record)) OR slip_of_mine(id) OR (record = 'F12.supplement' AND supplements_my_slip(id)));
