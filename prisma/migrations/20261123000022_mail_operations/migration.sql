-- Mails that could not be delivered are seen by those who run the system: ids and codes, no addresses and no text.
CREATE POLICY operator_reads ON mail FOR SELECT TO tsunagi_app
  USING ((SELECT app_scope()) = 'person' AND coalesce(nullif((SELECT current_setting('app.roles', true)), '')::text[], '{}') && '{admin}');
