-- As long as an outreach runs there is a day on which it goes on. Where nobody has said one: the day on which it is looked at again.
UPDATE outreach SET next_contact_on = review_on WHERE ended_at IS NULL AND next_contact_on IS NULL;
ALTER TABLE outreach ADD CONSTRAINT outreach_next_day CHECK (ended_at IS NOT NULL OR next_contact_on IS NOT NULL);

-- ── cases that somebody should look at: also those whose outreach is late ──
-- Who may know that an outreach runs: with consent whoever may know of the case's progress, or oversees the cases. Without consent
-- those who carry it or sat in that 支援会議, and those who hold 支援会議 for the city. In both cases the managers of the agency that
-- carries it; of a case that they know by this alone they are told nothing else.
CREATE FUNCTION outreach_late(today date) RETURNS TABLE (case_id uuid, due_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.case_id, min(least(o.next_contact_on, o.review_on, o.recheck_on)) FROM public.outreach o
  WHERE o.ended_at IS NULL AND least(o.next_contact_on, o.review_on, o.recheck_on) < today AND public.app_scope() = 'person'
    AND (public.outreach_reach(o.case_id, o.start_basis) OR public.meets_for_city()
      OR (o.agency_code = current_setting('app.agency', true) AND public.app_has_role('{manager}'))
      OR (o.start_basis = 'consented' AND public.app_has_role('{coordinator,meetingConvenor,chair,director,auditor,admin}')))
  GROUP BY o.case_id $$;
REVOKE ALL ON FUNCTION outreach_late(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outreach_late(date) TO tsunagi_app;

DROP FUNCTION case_attention();
CREATE FUNCTION case_attention(today date) RETURNS TABLE (case_id uuid, case_no text, field text, status text, urgent boolean, agency_code text,
  no_next boolean, no_lead boolean, held_by_none boolean, last_at timestamptz, paused_until date, outreach_due_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH late AS MATERIALIZED (SELECT * FROM public.outreach_late(today)),
  known AS (
    SELECT c.*, late.due_on, public.app_has_role('{coordinator,meetingConvenor,chair,director,auditor,admin}') OR public.case_reach(c.id, 'exists') AS mine
    FROM public.support_case c LEFT JOIN late ON late.case_id = c.id WHERE c.status <> 'closed' AND public.app_scope() = 'person')
  SELECT c.id, c.case_no, c.field, c.status, c.urgent, c.agency_code,
    c.mine AND NOT EXISTS (SELECT 1 FROM public.task t WHERE t.business_key = c.case_no AND t.status = 'open')
      AND NOT EXISTS (SELECT 1 FROM public.process_instance i JOIN public.timer m ON m.instance_id = i.id WHERE i.business_key = c.case_no AND i.status = 'active' AND m.kind = 'bpmn' AND m.status = 'pending')
      AND NOT EXISTS (SELECT 1 FROM public.clock_pause p WHERE p.business_key = c.case_no AND p.ended_at IS NULL AND p.resume_at IS NOT NULL),
    c.mine AND c.status = 'supporting' AND NOT EXISTS (SELECT 1 FROM public.case_role r WHERE r.case_id = c.id AND r.role = 'lead' AND r.until_at IS NULL),
    c.mine AND EXISTS (SELECT 1 FROM public.process_instance i JOIN public.process_hold h ON h.root_id = i.id JOIN public.process_instance o ON o.id = h.holder_id
      WHERE i.business_key = c.case_no AND i.status = 'suspended' AND h.released_at IS NULL AND o.status IN ('ended', 'cancelled')),
    CASE WHEN c.mine THEN greatest(c.opened_at, (SELECT max(s.submitted_at) FROM public.submission s WHERE s.case_id = c.id),
      (SELECT max(k.at) FROM public.task t JOIN public.task_comment k ON k.task_id = t.id WHERE t.business_key = c.case_no)) END,
    p.until, CASE WHEN p.until IS NULL THEN c.due_on END
  FROM known c
    CROSS JOIN LATERAL (SELECT max(p.resume_on) AS until FROM public.clock_pause p WHERE p.business_key = c.case_no AND p.ended_at IS NULL AND p.task_id IS NULL AND p.root_id IS NULL) p
  WHERE c.mine OR c.due_on IS NOT NULL $$;
REVOKE ALL ON FUNCTION case_attention(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_attention(date) TO tsunagi_app;
