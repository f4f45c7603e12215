// What must hold of rights that follow from no consent, and of what was told without one; said from the tables alone, and without the
// code that keeps it. Reads `held` of casework-invariants.

/** Each right of the basis `intake`, `assignment` or `emergency` has what it follows from, and goes no further. */
export const grounded = `
  standing as (select a.* from case_access a where a.ended_at is null and a.from_at <= $1 and (a.until_at is null or a.until_at > $1)),
  works as (
    select id, case_id, 'outreach' as kind, start_basis <> 'confidential' as consented from outreach where ended_at is null
    union all select id, case_id, 'participation', true from participation where ended_at is null),
  carried as (select a.*, s.consented, g.agency_code from standing a join works s on s.id = a.basis_id and s.case_id = a.case_id join work_group g on g.key = a.reader and g.kind = s.kind where a.basis = 'assignment'),
  newest as (select distinct on (c.case_id) c.* from consent c where c.subject = 'self' and c.place_name is null order by c.case_id, c.recorded_at desc, c.id desc),
  taken_back as (
    select n.case_id, (select max(e.at) from consent_end e where e.case_id = n.case_id and e.kind = 'withdrawn') as at from newest n
    where exists (select 1 from consent_end e where e.consent_id = n.id and e.kind = 'withdrawn') and not exists (select 1 from held h where h.case_id = n.case_id)),
  wrong_rights as (
    select 'right of a window that did not take the case: ' || a::text as fault from standing a join support_case c on c.id = a.case_id where a.basis = 'intake' and a.reader <> 'agency:' || c.agency_code
    union all select 'right of nobody''s work: ' || a::text from standing a where a.basis = 'assignment' and not exists (select 1 from carried k where k.id = a.id) and not (a.basis_id is null and exists (
      select 1 from case_role r where r.case_id = a.case_id and r.role = 'coordinator' and r.until_at is null and (r.group_key = a.reader or exists (select 1 from work_group g where g.key = a.reader and g.kind in ('chair', 'director')))))
    union all select 'right of whom the person left out: ' || k::text from carried k join newest n on n.case_id = k.case_id where k.consented and (
      exists (select 1 from consent_agency a where a.consent_id = n.id and a.agency_code = k.agency_code and a.answer = 'excluded')
      or exists (select 1 from consent_end e where e.consent_id = n.id and e.kind = 'narrowed' and k.agency_code = any (e.agencies)))
    union all select 'right to what was taken back: ' || k::text from carried k join taken_back b on b.case_id = k.case_id where k.consented and k.level = 'content' and not exists (
      select 1 from (select d.decision from case_decision d where d.case_id = k.case_id and d.kind = 'continuation' and d.decided_at >= b.at order by d.decided_at desc, d.submission_id desc limit 1) j where j.decision in ('limited', 'narrowed'))
    union all select 'right without its emergency: ' || a::text from standing a where a.basis = 'emergency' and (a.until_at is null or not exists (
      select 1 from emergency e where e.id = a.basis_id and e.case_id = a.case_id and e.outcome is distinct from 'resolved'))),
  taken as (
    select e.*, c.id as taken_id from consent_end e join consent c on c.id = e.consent_id and c.subject = 'self' join submission s on s.id = e.submission_id and s.record = 'F17' where e.kind in ('withdrawn', 'narrowed')),
  -- a withdrawal is one transaction: right after it nobody who is out is still asked what several were asked, and no sitting stands that nobody at its table is covered for
  wrong_cascade as (
    select 'asked of who is out: ' || t.element_id || ' of ' || t.business_key || ' for ' || g.key as fault
    from task t join support_case k on k.case_no = t.business_key join work_group g on t.candidate_groups = array[g.key] and g.kind = 'section_lead' join process_instance i on i.id = t.instance_id
      join process_instance r on r.id = i.root_id join process_definition d on d.id = r.definition_id and d.key in ('coordination_main', 'participation', 'monitor_replan', 'closure_evaluation', 'meeting_decision', 'outreach', 'meeting')
    where t.status = 'open' and jsonb_typeof(t.item) <> 'null' and coalesce(r.variables->>'startBasis', '') <> 'confidential' and coalesce(r.variables->>'kind', '') <> 'confidential'
      and not exists (select 1 from covers v where v.case_id = k.id and v.agency_code = g.agency_code)
      and exists (select 1 from taken e join disclosure o on o.consent_id = e.taken_id and o.to_kind = 'agency' and o.to_code = g.agency_code where e.case_id = k.id and e.at >= t.created_at and (e.kind = 'withdrawn' or g.agency_code = any (e.agencies)))
    union all select 'sitting that nobody is covered for: ' || s.id from sitting s join meeting m on m.id = s.meeting_id and m.kind in ('plan', 'closure') join meeting_case mc on mc.meeting_id = m.id
    where s.status = 'invited' and exists (select 1 from taken e where e.case_id = mc.case_id and e.at >= s.invited_at
        and not exists (select 1 from consent c where c.case_id = mc.case_id and c.valid_until > e.at and c.valid_until <= $1) and not exists (select 1 from consent_end x where x.case_id = mc.case_id and x.kind not in ('withdrawn', 'narrowed') and x.at > e.at))
      and not exists (select 1 from seats v join sitting_member b on b.sitting_id = s.id and b.removed_at is null and b.agency_code = v.agency_code where v.case_id = mc.case_id)),
  wrong_ground as (
    select 'told on a ground that does not fit: ' || d::text as fault from disclosure d left join agency f on f.code = d.agency_code left join agency t on d.to_kind = 'agency' and t.code = d.to_code where
      d.legal_basis = '69-2-2' and (f.kind is distinct from 'city' or t.kind is distinct from 'city')
      or d.legal_basis = '66-2' and (t.is_contractor is not true or f.kind is distinct from 'city' and f.code is distinct from t.code)
      or d.legal_basis in ('69-2-3', '69-2-4') and f.kind is distinct from 'city' and f.is_contractor is not true
      or d.legal_basis = '27-1' and f.kind = 'city')`;
