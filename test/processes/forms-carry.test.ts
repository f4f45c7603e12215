// What was filled in once is not asked again: the forms in the order in which a case meets them, each field against those before it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { carriedFields } from '../../src/engine/forms.js';
import { openRecords } from '../../src/domain/records/registry.js';
import type { Component, FormSchema } from '../../src/engine/forms/schema.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { inTown } from '../support/options.js';

/** The pathway first, with what may begin at any moment before what it begins. */
const order = ['intake_screening', 'referral', 'coordination_main', 'anytime', 'confidential_route', 'meeting', 'meeting_decision', 'after_meeting', 'monitor_replan', 'closure_evaluation', 'closure_follow_up', 'outreach', 'participation', 'emergency', 'consent_withdrawal', 'interruption', 'next_step'];
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

const forms: Form[] = [...order, 'annual_evaluation', 'definition_change', 'personal_data_incident'].flatMap((folder) => {
  const place = join(root, 'processes', folder === 'after_meeting' ? 'confidential_route' : folder, 'forms');
  const keys = (existsSync(place) ? readdirSync(place) : []).map((file) => file.replace(/\.json$/, '')).filter((key) => folder === 'after_meeting' ? afterMeeting.includes(key) : !afterMeeting.includes(key));
  const first = within[folder] ?? [];
  return [...first, ...keys.filter((key) => !first.includes(key)).toSorted()].map((key) => {
    const schema = inTown(JSON.parse(readFileSync(join(place, `${key}.json`), 'utf8')) as Json);
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
const anew: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a note, a visit, a report: what happened this time': {
    noteAt: 'consult_section_lead support_alone case_note carry_out_visit', noteTime: 'consult_section_lead support_alone case_note',
    targetPerson: 'consult_section_lead support_alone case_note outreach_contact report_role carry_out_visit',
    method: 'consult_section_lead support_alone case_note consent outreach_contact convert_to_consented report_role confirm_stability carry_out_visit confirm_sharing_consent support_settling',
    duration: 'consult_section_lead support_alone case_note report_role carry_out_visit',
    purpose: 'consult_section_lead support_alone case_note outreach_contact provide_to_agency report_role carry_out_visit',
    content: 'consult_section_lead support_alone case_note outreach_contact report_role carry_out_visit',
    assessment: 'consult_section_lead support_alone case_note outreach_contact report_role report_status carry_out_visit',
    nextAction: 'consult_section_lead support_alone case_note report_role carry_out_visit', nextActionDue: 'consult_section_lead support_alone case_note carry_out_visit',
    planGoalRef: 'consult_section_lead support_alone case_note', visibility: 'consult_section_lead support_alone case_note', attachments: 'consult_section_lead support_alone case_note',
    noNextAction: 'support_alone case_note',
    memo: 'follow_referral check_consent consent consent_withdrawal disclosure_request provide_to_agency convert_to_consented record_approach confirm_sharing_consent record_withdrawal confirm_stop explain_result judge_continuation propose_continuation notify_recipient decide_consent_use',
    partner: 'carry_out_visit', attemptResult: 'carry_out_visit',
  },
  'the paper that is attached this time': {
    ownForm: 'screen_consultation provide_information organise_assessment', ownFormAttachment: 'screen_consultation provide_information organise_assessment',
    file: 'consent convert_to_consented confirm_sharing_consent', fileAttachment: 'consent convert_to_consented confirm_sharing_consent',
  },
  'the day of this act, and its reason': {
    sentOn: 'refer_to_coordination amend_referral referral hand_to_agency', replyDue: 'refer_to_coordination amend_referral request_information referral hand_to_agency',
    repliedOn: 'answer_standing_referral answer_referral return_to_referrer', explainedOn: 'explain_plan consent convert_to_consented explain_closure confirm_sharing_consent explain_result',
    decidedOn: 'decide_support decide_plan_end decide_closure decide_exit_closure decide_interruption decide_ending', noticeVersion: 'consent convert_to_consented confirm_sharing_consent',
    reviewOn: 'flag_change judge_applicability plan_approach propose_continuation',
    reason: 'referral judge_decision decide_plan_end decide_closure hand_to_agency decide_exit_closure decide_ending decide_next_step', resultOn: 'referral_result',
    evaluatedOn: 'monitor_progress prepare_evaluation collect_evaluations write_evaluation', nextMonitorOn: 'monitor_progress', means: 'notify_recipient', handedOn: 'hand_over_to_city',
  },
  'the answer to this slip, and whom it goes to': {
    toPerson: 'refer_to_coordination amend_referral referral hand_to_agency', referralAnswer: 'answer_standing_referral', replyReason: 'answer_standing_referral',
    alternative: 'answer_standing_referral answer_referral', referralResult: 'referral_result', resultNote: 'referral_result',
  },
  'this sitting: what it found, who was there': {
    meetingResult: 'hold_closure_meeting', postponeReason: 'hold_closure_meeting hold_confidential_meeting', attendees: 'hold_closure_meeting hold_confidential_meeting',
    absentGroups: 'hold_closure_meeting hold_confidential_meeting', subjectPart: 'hold_closure_meeting',
  },
  'this pledge, word for word': { signs: 'sign_pledge_late', capacity: 'sign_pledge_late', textVersion: 'sign_pledge_late', understood: 'sign_pledge_late', signedOn: 'sign_pledge_late', declineReason: 'sign_pledge_late', paperSigner: 'sign_pledge_late', paperFile: 'sign_pledge_late' },
  'how somebody took what was explained': { explained: 'consent convert_to_consented record_approach confirm_sharing_consent explain_result', explainedTo: 'explain_closure', reaction: 'explain_closure' },
  // consents are given anew, before the person, and never filled in from an older one (domain: immutable once given, withdrawn at any time)
  'a consent that is given now': {
    types: 'consent convert_to_consented', scopeAgencies: 'consent convert_to_consented', scopeItems: 'consent convert_to_consented', householdMembers: 'consent convert_to_consented',
    witness: 'consent convert_to_consented confirm_sharing_consent', capacityNote: 'consent convert_to_consented confirm_sharing_consent', askAgainOn: 'consent',
    interpreter: 'consent convert_to_consented confirm_sharing_consent', validFrom: 'consent convert_to_consented confirm_sharing_consent',
    validUntil: 'consent convert_to_consented confirm_sharing_consent', refusalReason: 'consent', subject: 'consent_withdrawal', memberName: 'consent_withdrawal', memberId: 'consent_withdrawal',
    excludedGroups: 'convert_to_consented',
  },
  // nothing flows out of a sheet of the 支援会議 by itself; the form says that these may stay empty where they were written there
  'what a member adds to the preparation sheet': {
    consentMissing: 'arrange_meeting', householdPicture: 'confirm_attendance', currentAction: 'confirm_attendance', wantAgency: 'confirm_attendance', askOthers: 'confirm_attendance',
    knownByMe: 'confirm_attendance', myRole: 'confirm_attendance', concern: 'confirm_attendance',
  },
  'one more slip, one more meeting, one more issue of the area': {
    receivingGroup: 'referral hand_to_agency', alreadyDone: 'referral hand_to_agency', consent: 'referral hand_to_agency', legalReason: 'referral hand_to_agency', attached: 'referral hand_to_agency',
    accompany: 'referral hand_to_agency', urgency: 'request_meeting', issueRaised: 'extract_community_issue', category: 'extract_community_issue', area: 'extract_community_issue develop_resource',
    title: 'extract_community_issue', facts: 'extract_community_issue', wanted: 'extract_community_issue', noIssueReason: 'extract_community_issue',
  },
  'one more place of the directory': { access: 'develop_resource' },
  'an evaluation of the agency that is asked, and the wish as it is at the end': {
    opinionSelf: 'confirm_wishes', opinionSelfText: 'confirm_wishes', changes: 'collect_evaluations', remaining: 'collect_evaluations', opinionStaff: 'collect_evaluations',
  },
  'which evaluation, which meeting this is: said by whoever holds it, refused when it is another': { kind: 'arrange_meeting', evalType: 'prepare_evaluation', withoutPlan: 'write_evaluation' },
  'an exit, judged by itself': {
    closureReason: 'decide_exit_closure decide_ending', leadAfter: 'decide_exit_closure decide_ending', followUp: 'decide_exit_closure decide_ending', handoverKind: 'hand_over_to_city',
    toGroup: 'hand_over_to_city settle_after_death', handoverBasis: 'hand_over_to_city', legalReason: 'hand_over_to_city', summary: 'hand_over_to_city',
  },
  'the basis in law of this act': { legalBasis: 'referral judge_applicability hand_to_agency assess_emergency' },
  'calls beyond those that were made at once': { calls: 'call_services' },
};
/** `form.key` of each; never a key wherever it stands. */
const saidAnew: ReadonlySet<string> = new Set(Object.values(anew).flatMap((fields) => Object.entries(fields).flatMap(([at, keys]) => keys.split(' ').map((key) => `${key}.${at}`))));

/**
 * What is one thing under several names: by the words that ask for it. Whoever asks it once more carries it, or stands in `anew` here with the
 * reason. Looked for in every form of every process, also of those that are no step of the pathway.
 */
interface Thing {
  words: RegExp;
  keys?: RegExp;
  /** Of groups of agencies alone. */
  ofGroups?: true;
  anew: Readonly<Record<string, string>>;
}
const things: Readonly<Record<string, Thing>> = {
  'what a meeting is held for': { words: /開催の目的|会議で(決め|検討|話し合)|会議の(目的|議題)/, keys: /^(why|purposeOf)\w*Meeting/, anew: { 'request_meeting.purpose': 'one more meeting', 'convene_emergency_meeting.whyMeeting': 'the meeting of this emergency' } },
  'who sits in a meeting': { words: /構成員|(参加|出席)を求める|招く/, ofGroups: true, anew: { 'convene_emergency_meeting.wantedGroups': 'the meeting of this emergency' } },
  'when a meeting is held': { words: /会議の(開催)?日時|開きたい日時|開催日時|開催の?希望日|候補日/, anew: { 'convene_emergency_meeting.wantedAt': 'the meeting of this emergency', 'hold_council.heldAt': 'another meeting: the 推進会議' } },
  'why the person has not agreed': { words: /同意が得られ(ない|ていない)理由/, anew: { 'arrange_meeting.consentMissing': 'may stay empty where it stands on the card (F16), which is confidential' } },
  'a 地域課題, in words that name nobody': {
    words: /地域課題|課題の見出し|^足りない資源/, anew: {
      'raise_community_issue.issueRaised': 'one more issue', 'raise_community_issue.title': 'one more issue', 'extract_community_issue.issueRaised': 'a decision', 'extract_community_issue.title': 'written anew so that it names nobody',
      'look_through_issue.issueId': 'which of them', 'search_resources.gapSummary': 'what this search did not find', 'develop_resource.communityIssue': 'whether it is one is for whoever develops it to say',
    },
  },
  'how the household stands': { words: /世帯の状況$|^家族の状況/, anew: {} },
  'what the person wishes': { words: /^本人.*(主訴|希望)/, anew: { 'confirm_wishes.opinionSelf': 'to go on or to end, asked at the end' } },
  'what the trouble is, put together': { words: /課題の(まとめ|概要)/, anew: {} },
  'the strengths of the person': { words: /強み|得意/, anew: {} },
  'signs of danger': { words: /危険の兆候|緊急の内容/, anew: { 'emergency.dangerSigns': 'what is seen at this moment' } },
  'who goes on with it at the end': { words: /終結後の主担当|^引継ぎ先の機関/, anew: { 'decide_exit_closure.leadAfter': 'an exit, judged by itself', 'decide_ending.leadAfter': 'an end without an evaluation', 'hand_over_to_city.toGroup': 'an exit', 'settle_after_death.toGroup': 'an exit' } },
  'why it ends': { words: /終結理由/, anew: { 'decide_exit_closure.closureReason': 'an exit, judged by itself', 'decide_ending.closureReason': 'an end without an evaluation' } },
  'what is left to do': { words: /残された課題/, anew: {} },
  'who does what in the plan': { words: /^役割分担/, anew: {} },
  'how it is watched over, and what is done in need': { words: /見守り(体制|・緊急時)|緊急時(対応|の手順)/, anew: { 'draft_minutes.urgentRule': 'beside the other' } },
  'how long the plan runs': { words: /^プランの期間/, anew: {} },
  'how the person is known, and how near one is': { words: /^(いまの|終えるときの)?関係性/, anew: {} },
  'what the host is helped with': { words: /受入先への支援/, anew: {} },
};

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
        if (first !== undefined && !fromOf(component) && !saidAnew.has(`${key}.${at}`)) again.push(`${key}.${at} (${component.label}): ${first}`);
      }
      for (const [at, component] of fields) {
        const what = `${at.split('.').at(-1)} ${meaning(component.label)}`;
        if (!before.has(what)) before.set(what, key);
      }
    }
    expect(again).toEqual([]);
  });

  test('what is said to be anew each time is asked there, once more: the list holds nothing else', () => {
    const before = new Set<string>();
    const again = new Set<string>();
    for (const { key, fields } of ofCase) {
      const asked = [...fields].map(([at, component]) => ({ at, what: `${at.split('.').at(-1)} ${meaning(component.label)}`, carried: fromOf(component) !== undefined }));
      for (const { at, what, carried } of asked) if (before.has(what) && !carried) again.add(`${key}.${at}`);
      for (const { what } of asked) before.add(what);
    }
    expect([...saidAnew].filter((one) => !again.has(one))).toEqual([]);
  });

  /** Fields that ask for a thing and carry nothing, less the first; and what the table lists and is none of them. */
  function askedAgain(all: readonly Form[], { words, keys, ofGroups, anew: exempt }: Thing): { again: string[]; idle: string[] } {
    const asking = all.flatMap(({ key, fields }) => [...fields].flatMap(([at, component]) => {
      const is = (words.test(labelOf(component)) || keys?.test(at.split('.').at(-1)!)) && (!ofGroups || isOfGroups(component));
      return is ? [{ name: `${key}.${at}`, carries: fromOf(component) !== undefined }] : [];
    }));
    const typed = asking.filter(({ carries }) => !carries).slice(1).map(({ name }) => name);
    return { again: typed.filter((name) => !Object.hasOwn(exempt, name)), idle: Object.keys(exempt).filter((name) => !typed.includes(name)) };
  }
  const labelOf = (component: Component): string => (component.label ?? (component as { dateLabel?: string }).dateLabel ?? '').normalize('NFKC').trim();
  const isOfGroups = ({ values = [] }: Component): boolean => values.length > 0 && values.every(({ value }) => String(value).startsWith('grp.'));

  test.each(Object.entries(things))('%s is asked once, under whatever name', (_what, thing) => {
    expect(askedAgain(forms, thing)).toEqual({ again: [], idle: [] });
  });

  test('a new form that asks for the same under a name of its own is found', () => {
    const schema = { components: [{ type: 'textarea', key: 'why', label: '会議で話し合いたいこと' }, { type: 'taglist', key: 'guests', label: '出席を求める機関', values: [{ value: 'grp.chair' }] }, { type: 'datetime', key: 'at', dateLabel: '開催希望日' }, { type: 'dynamiclist', path: 'list', label: '推進会議に出す地域課題', components: [] }, { type: 'textarea', key: 'sum', label: '課題の概要' }] };
    const fresh: Form = { folder: 'meeting', key: 'fresh', schema: schema as unknown as Json, record: null, fields: fieldsOf(schema.components as Component[]) };
    expect(Object.values(things).flatMap((thing) => askedAgain([...forms, fresh], thing).again)).toEqual(['fresh.why', 'fresh.guests', 'fresh.at', 'fresh.list', 'fresh.sum']);
  });

  test('every form that is shipped is looked at', () => {
    const shipped = readdirSync(join(root, 'processes'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name }) => (existsSync(join(root, 'processes', name, 'forms')) ? readdirSync(join(root, 'processes', name, 'forms')) : []).map((file) => file.replace(/\.json$/, '')));
    expect(forms.map(({ key }) => key).toSorted()).toEqual(shipped.toSorted());
  });

  test('whoever fills in a form is not asked who they are', () => {
    const names = /^(?:作成者|記録者|回答者|評価者|決定者|判断者|入力者|登録する者|報告者|受付者|説明した[人者]|聴いた人|引き継いだ[人者]|つなぎ元の担当者|依頼者|確認した[人者]|スクリーニングした者|働きかけた人)/;
    const typed = forms.flatMap(({ key, fields }) => [...fields].filter(([, component]) => names.test(component.label ?? '') && !/me\.name/.test(fromOf(component) ?? '') && !(component.readonly && fromOf(component)) && component.type === 'textfield').map(([at]) => `${key}.${at}`));
    expect(typed).toEqual([]);
  });

  const byRecord = new Map<string, Map<string, Component>[]>();
  for (const { record, fields } of forms) for (const one of record === 'F01' ? ['F01', 'F02'] : record === null ? [] : [record]) byRecord.set(one, [...(byRecord.get(one) ?? []), fields]);
  /** Facts that are no sheets, with what they offer. */
  const facts: Readonly<Record<string, readonly string[]>> = { case: ['caseNo', 'field', 'channel', 'agencyCode', 'openedAt', 'planNo', 'draftNo', 'planKind', 'age', 'oldCaseNo', 'supportBeganOn', 'nextAction', 'nextActionOn'], me: ['name', 'agencyCode'], outsider: ['name', 'signedBy'], process: ['personId', 'fiscalYear', 'memberGroups', 'wantedAt', 'incidentKind', 'noticedOn', 'malicious', 'finalDays', 'preliminaryDueOn', 'finalDueOn'], decision: ['what', 'dueOn', 'reason'], issues: ['approved'], recipient: ['name', 'kind', 'contact', 'items', 'lastOn'], proposal: ['continuation', 'legalBasis', 'judgementReason', 'risk', 'keeps', 'reviewOn', 'proposedBy'] };
  const free = new Set(['textfield', 'textarea']);
  const many = new Set(['checklist', 'taglist']);

  /** What is wrong with carrying `from` into `into`. */
  function misfit(into: Component, source: { record: string; at: string }): string | null {
    if (facts[source.record]) return facts[source.record]!.includes(source.at) ? null : 'no such fact';
    // what a 開催依頼 for a 支援会議 is kept as (meetings/asking.ts)
    if (source.record === 'F16.request') return misfit(into, { ...source, record: 'F09.request' });
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
