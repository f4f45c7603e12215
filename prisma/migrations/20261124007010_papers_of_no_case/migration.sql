-- What was filed about no case is no question of how far a case's consent goes: whoever filed it reads it again (submitter_reads).
ALTER POLICY within_consent ON submission USING ((SELECT app_scope()) = 'engine' OR compartment <> 'team' OR case_id IS NULL
  OR EXISTS (SELECT 1 FROM task t WHERE t.id = task_id) OR case_reach_item(case_id, record_item(record)) OR slip_of_mine(id));
