-- What somebody filed about no case (a pledge of secrecy, say) they read again themselves; of others' only what is open to the office.
CREATE POLICY submitter_reads ON submission FOR SELECT TO tsunagi_app USING ((SELECT app_scope()) = 'person' AND case_id IS NULL AND submitted_by_id = (SELECT app_user_id()));
