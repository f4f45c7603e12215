// What was filled in once is not asked again: the forms in the order in which a case meets them, each field against those before it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { carriedFields } from '../../src/engine/forms.js';
import { openRecords } from '../../src/domain/records/registry.js';
import type { Component, FormSchema } from '../../src/engine/forms/schema.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';

/** The pathway first, with what may begin at any moment before what it begins. */
const order = ['intake_screening', 'referral', 'coordination_main', 'anytime', 'confidential_route', 'meeting', 'after_meeting', 'monitor_replan', 'closure_evaluation', 'outreach', 'participation', 'emergency', 'consent_withdrawal', 'interruption'];
/** 支援会議: these come after it has sat. */
const afterMeeting = ['decide_watch_policy', 'report_role', 'record_approach', 'review_continuation', 'convert_to_consented'];
const within: Readonly<Record<string, readonly string[]>> = {
  intake_screening: ['receive_consultation', 'assess_urgency', 'screen_consultation'],
  coordination_main: ['answer_referral', 'assign_coordinator', 'decide_eligibility', 'check_consent', 'request_information', 'provide_information', 'organise_assessment', 'draft_plan', 'explain_plan', 'reflect_revision', 'decide_support'],
  confidential_route: ['judge_applicability', 'select_members', 'sign_pledge', 'prepare_sheets'],
  meeting: ['arrange_meeting', 'prepare_materials', 'confirm_attendance', 'hold_plan_meeting', 'hold_closure_meeting', 'hold_confidential_meeting', 'draft_minutes'],
  monitor_replan: ['report_status', 'monitor_progress', 'reflect_changes', 'prepare_evaluation'],
  closure_evaluation: ['confirm_wishes', 'collect_evaluations', 'write_evaluation', 'hand_over_to_lead', 'explain_closure'],
  outreach: ['gather_information', 'plan_approach', 'carry_out_visit', 'update_stage', 'obtain_consent'],
  participation: ['hear_wishes', 'plan_participation', 'search_resources', 'develop_resource', 'confirm_sharing_consent', 'carry_out_trial', 'confirm_match', 'support_settling'],
  emergency: ['call_services', 'assess_emergency', 'confirm_safety'],
  consent_withdrawal: ['record_withdrawal', 'confirm_stop', 'notify_recipient', 'propose_continuation', 'judge_continuation'],
  interruption: ['register_exit', 'confirm_whereabouts'],
};

interface Form {
  folder: string;
  key: string;
  schema: Json;
  fields: Map<string, Component>;
  record: string | null;
}

/** Answers that are no rows, by where they lie; a list as a whole. */
function fieldsOf(components: readonly Component[], prefix = '', into = new Map<string, Component>()): Map<string, Component> {
  for (const component of components) {
    const at = `${prefix}${component.path ?? component.key ?? ''}`;
    if (component.type === 'dynamiclist') into.set(at, component);
    else if (component.type === 'group') fieldsOf(component.components ?? [], component.path ? `${at}.` : prefix, into);
    else if (component.key) into.set(at, component);
  }
  return into;
}

const forms: Form[] = [...order, 'annual_evaluation', 'definition_change'].flatMap((folder) => {
  const place = join(root, 'processes', folder === 'after_meeting' ? 'confidential_route' : folder, 'forms');
  const keys = (existsSync(place) ? readdirSync(place) : []).map((file) => file.replace(/\.json$/, '')).filter((key) => folder === 'after_meeting' ? afterMeeting.includes(key) : !afterMeeting.includes(key));
  const first = within[folder] ?? [];
  return [...first, ...keys.filter((key) => !first.includes(key)).toSorted()].map((key) => {
    const schema = JSON.parse(readFileSync(join(place, `${key}.json`), 'utf8')) as Json;
    const { components, record } = schema as unknown as FormSchema;
    return { folder, key, schema, fields: fieldsOf(components), record: record ?? null };
  });
});

const records = openRecords();
/** Not about one case: a resource, an agency, a pledge, a training, an accident, what a year or a change of procedure asks. */
const isOfCase = ({ folder, record }: Form): boolean => order.includes(folder) && (record === null || typeof records.get(record)?.anytime !== 'object');
const ofCase = forms.filter(isOfCase);
const fromOf = (component: Component): string | undefined => component.properties?.['from'];
const meaning = (label: string | undefined): string => (label ?? '').normalize('NFKC').replace(/\(.*?\)/g, '').trim();

/** What is said anew each time, by what it belongs to; everything else that two forms ask by the same words is carried. */
const anew: Readonly<Record<string, readonly string[]>> = {
  'a note, a visit, a report: what happened this time': ['noteAt', 'noteTime', 'targetPerson', 'method', 'duration', 'purpose', 'content', 'assessment', 'noNextAction', 'nextAction', 'nextActionDue', 'planGoalRef', 'visibility', 'attachments', 'confirmedBy', 'attemptResult', 'partner', 'memo'],
  'the paper that is attached this time': ['ownForm', 'ownFormAttachment', 'file'],
  'the day of this act, and its reason': ['sentOn', 'replyDue', 'repliedOn', 'decidedOn', 'evaluatedOn', 'explainedOn', 'handedOn', 'reviewOn', 'resultOn', 'occurredOn', 'nextMonitorOn', 'reason', 'noticeVersion', 'means'],
  'the answer to this slip, and whom it goes to': ['referralAnswer', 'replyReason', 'alternative', 'toPerson', 'referralResult', 'resultNote'],
  'this sitting: what it found, who was there': ['meetingResult', 'postponeReason', 'attendees', 'absentGroups', 'subjectPart', 'hold_confidential_meeting.heldAt'],
  'this pledge, word for word': ['signs', 'capacity', 'textVersion', 'understood', 'signedOn', 'declineReason'],
  'how somebody took what was explained': ['explainedTo', 'reaction', 'explained'],
  // consents are given anew, before the person, and never filled in from an older one (domain: immutable once given, withdrawn at any time)
  'a consent that is given now': ['types', 'excludedGroups', 'scopeAgencies', 'scopeItems', 'householdMembers', 'witness', 'capacityNote', 'interpreter', 'validFrom', 'validUntil', 'refusalReason', 'subject', 'memberName', 'memberId', 'askAgainOn'],
  // nothing flows out of a sheet of the 支援会議 by itself; the form says that these may stay empty where they were written there
  'what a member adds to the preparation sheet': ['confirm_attendance.householdPicture', 'confirm_attendance.currentAction', 'confirm_attendance.wantAgency', 'confirm_attendance.askOthers', 'confirm_attendance.knownByMe', 'confirm_attendance.myRole', 'confirm_attendance.concern', 'arrange_meeting.consentMissing'],
  'one more slip, one more meeting, one more issue of the area': ['referral.receivingGroup', 'referral.alreadyDone', 'referral.consent', 'referral.legalReason', 'referral.attached', 'referral.accompany', 'hand_to_agency.receivingGroup', 'hand_to_agency.alreadyDone', 'hand_to_agency.consent', 'hand_to_agency.legalReason', 'hand_to_agency.attached', 'hand_to_agency.accompany', 'select_members.memberGroups', 'request_meeting.urgency', 'issueRaised', 'category', 'area', 'title', 'facts', 'wanted', 'noIssueReason'],
  'one more place of the directory': ['access'],
  'an evaluation of the agency that is asked, and the wish as it is at the end': ['collect_evaluations.changes', 'collect_evaluations.remaining', 'collect_evaluations.opinionStaff', 'confirm_wishes.opinionSelf', 'confirm_wishes.opinionSelfText'],
  'which evaluation, which meeting this is: said by whoever holds it, refused when it is another': ['evalType', 'arrange_meeting.kind'],
  'an exit, judged by itself': ['decide_exit_closure.closureReason', 'decide_exit_closure.leadAfter', 'decide_exit_closure.followUp', 'hand_over_to_city.handoverKind', 'hand_over_to_city.toGroup', 'hand_over_to_city.handoverBasis', 'hand_over_to_city.legalReason', 'hand_over_to_city.summary', 'settle_after_death.toGroup'],
  'the basis in law of this act': ['legalBasis'],
  'calls beyond those that were made at once': ['call_services.calls'],
};
const isAnew = (form: string, at: string): boolean => Object.values(anew).some((names) => names.includes(at.split('.').at(-1)!) || names.includes(`${form}.${at}`));

/** Identity, by key; what a form has of it it carries, and nobody writes it a second time. */
const identity = new Set(['caseNo', 'kana', 'name', 'commonName', 'formerName', 'sex', 'birthDate', 'ageApprox', 'postalCode', 'address', 'phone', 'phoneHome', 'phoneMobile', 'email']);

describe('what was filled in once is carried', () => {
  test('identity is written on the first sheet alone', () => {
    const typed = ofCase.filter(({ key }) => key !== 'receive_consultation').flatMap(({ key, fields, record }) =>
      [...fields].filter(([at, component]) => identity.has(at) && record !== 'F14.development' && !(component.readonly === true && fromOf(component))).map(([at]) => `${key}.${at}`));
    expect(typed).toEqual([]);
  });

  test('no answer of an earlier form is asked again', () => {
    const before = new Map<string, string>();
    const again: string[] = [];
    for (const { key, fields } of ofCase) {
      for (const [at, component] of fields) {
        const what = `${at.split('.').at(-1)} ${meaning(component.label)}`;
        const first = before.get(what);
        if (first !== undefined && !fromOf(component) && !isAnew(key, at)) again.push(`${key}.${at} (${component.label}): ${first}`);
      }
      for (const [at, component] of fields) {
        const what = `${at.split('.').at(-1)} ${meaning(component.label)}`;
        if (!before.has(what)) before.set(what, key);
      }
    }
    expect(again).toEqual([]);
  });

  test('what is said to be anew each time is asked somewhere twice: the list holds nothing else', () => {
    const asked = new Set(ofCase.flatMap(({ key, fields }) => [...fields].filter(([, component]) => !fromOf(component)).flatMap(([at]) => [at.split('.').at(-1)!, `${key}.${at}`])));
    expect(Object.values(anew).flat().filter((name) => !asked.has(name))).toEqual([]);
  });

  test('whoever fills in a form is not asked who they are', () => {
    const names = /^(?:作成者|記録者|回答者|評価者|決定者|判断者|入力者|登録する者|報告者|受付者|説明した[人者]|聴いた人|引き継いだ[人者]|つなぎ元の担当者|依頼者|確認した[人者]|スクリーニングした者|働きかけた人)/;
    const typed = forms.flatMap(({ key, fields }) => [...fields].filter(([, component]) => names.test(component.label ?? '') && !/me\.name/.test(fromOf(component) ?? '') && !(component.readonly && fromOf(component)) && component.type === 'textfield').map(([at]) => `${key}.${at}`));
    expect(typed).toEqual([]);
  });

  const byRecord = new Map<string, Map<string, Component>[]>();
  for (const { record, fields } of forms) for (const one of record === 'F01' ? ['F01', 'F02'] : record === null ? [] : [record]) byRecord.set(one, [...(byRecord.get(one) ?? []), fields]);
  /** Facts that are no sheets, with what they offer. */
  const facts: Readonly<Record<string, readonly string[]>> = { case: ['caseNo', 'field', 'channel', 'agencyCode', 'openedAt', 'planNo', 'draftNo', 'planKind', 'age', 'oldCaseNo', 'supportBeganOn', 'nextAction', 'nextActionOn'], me: ['name', 'agencyCode'], process: ['fiscalYear'], recipient: ['name', 'kind', 'contact', 'items', 'lastOn'], proposal: ['continuation', 'legalBasis', 'judgementReason', 'risk', 'keeps', 'reviewOn', 'proposedBy'] };
  const free = new Set(['textfield', 'textarea']);
  const many = new Set(['checklist', 'taglist']);

  /** What is wrong with carrying `from` into `into`. */
  function misfit(into: Component, source: { record: string; at: string }): string | null {
    if (facts[source.record]) return facts[source.record]!.includes(source.at) ? null : 'no such fact';
    const [sheet = '', ...group] = source.record.split('.');
    const known = byRecord.has(source.record);
    const at = known ? source.at : [...group, source.at].join('.');
    const found = (byRecord.get(known ? source.record : sheet) ?? []).flatMap((fields) => fields.get(at) ?? []);
    if (found.length === 0) return 'no form asks it';
    const fits = found.some((from) => from.type === into.type || (free.has(into.type) && (free.has(from.type) || from.type === 'datetime')) || (many.has(into.type) && many.has(from.type)) || (!many.has(into.type) && !!into.values && !!from.values && !many.has(from.type)));
    if (!fits) return `carries a ${found[0]!.type} into a ${into.type}`;
    const offered = new Set((into.values ?? []).map(({ value }) => value));
    const shared = found.flatMap((from) => from.values ?? []).filter(({ value }) => offered.has(value));
    return into.values && shared.length === 0 ? 'has no option in common' : null;
  }

  test('what is carried is asked somewhere, and fits where it goes', () => {
    const wrong = forms.flatMap(({ key, schema, fields }) => carriedFields(schema).flatMap(({ at, from }) => from.flatMap((source) => {
      const problem = misfit(fields.get(at)!, source);
      return problem === null ? [] : [`${key}.${at} from ${source.record}.${source.at}: ${problem}`];
    })));
    expect(wrong).toEqual([]);
  });

  test('rows that are carried have the columns of the rows that they go into', () => {
    const columns = (component: Component): string[] => (component.components ?? []).flatMap((one) => one.key ?? []);
    const wrong = forms.flatMap(({ key, schema, fields }) => carriedFields(schema).filter(({ at }) => fields.get(at)?.type === 'dynamiclist').flatMap(({ at, from }) => from.flatMap(({ record, at: lies }) => {
      const [sheet = '', ...group] = record.split('.');
      const sources = (byRecord.get(record) ?? byRecord.get(sheet) ?? []).flatMap((other) => other.get(byRecord.has(record) ? lies : [...group, lies].join('.')) ?? []);
      const strange = sources.flatMap(columns).filter((column) => !columns(fields.get(at)!).includes(column));
      return strange.length === 0 ? [] : [`${key}.${at} from ${record}.${lies}: ${strange.join(', ')}`];
    })));
    expect(wrong).toEqual([]);
  });
});
