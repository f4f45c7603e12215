-- ── cases that somebody should look at ── A case that rests until its day (保留, 中断) is known to rest, as one whose clock stands is:
-- `resting`, and not called silent. Past that day it is looked at like any other.
DROP FUNCTION case_attention(date);
CREATE FUNCTION case_attention(today date) RETURNS TABLE (case_id uuid, case_no text, field text, status text, urgent boolean, agency_code text,
  no_next boolean, no_lead boolean, held_by_none boolean, last_at timestamptz, paused_until date, outreach_due_on date, resting boolean)
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
    p.until, CASE WHEN p.until IS NULL THEN c.due_on END,
    EXISTS (SELECT 1 FROM public.case_break k WHERE k.case_id = c.id AND k.ended_at IS NULL AND (k.until_at IS NULL OR (k.until_at AT TIME ZONE 'Asia/Tokyo')::date >= today))
  FROM known c
    CROSS JOIN LATERAL (SELECT max(p.resume_on) AS until FROM public.clock_pause p WHERE p.business_key = c.case_no AND p.ended_at IS NULL AND p.task_id IS NULL AND p.root_id IS NULL) p
  WHERE c.mine OR c.due_on IS NOT NULL $$;
REVOKE ALL ON FUNCTION case_attention(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_attention(date) TO tsunagi_app;
