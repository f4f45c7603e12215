-- What was promised for a day is of the 支援経過, and read as far as a right goes (docs/GUARDS.md).
ALTER POLICY person_reads ON promised_day USING ((SELECT app_scope()) = 'person' AND case_reach_item(case_id, 'progress'));
