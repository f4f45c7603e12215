// What of a 帳票 belongs to which kind of content that a consent names (F10 共有する情報の範囲), and so how far a right that names kinds of
// content opens it, whatever the door. A field that stands in no list is told to nobody by such a right: what a city adds to a form is not
// told by itself. What lets answers be told in whole is said in the database (answer_bounds).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { scopeItems, type ScopeItem } from '../consents/consents.js';

const plan = 'planKind version background priorityIssues longGoal planGoals wishes roles actionsSelf actionsCoordinator actionsAgencies watchRules useOutreach outreachReason useParticipation participationField communityLink otherServices planStart planEnd monitorEvery nextMonitorOn evaluateOn leadGroup subGroups roleGroups changed changeReason changedOn roleStatus startedOn firstAction';
const note = 'noteAt targetPerson method purpose content nextAction nextActionDue';
const evaluation = 'evaluatedOn evalType goalResults changes changesNote remaining newIssues opinionSelf opinionSelfText opinionStaff networkCheck prospect leadAfter meetingJudge closureReason resumePolicy monitoringResult roleStatus did trouble nextOn';
const person = 'name kana commonName formerName sex birthDate ageApprox address postalCode residenceStatus phoneHome phoneMobile';
const minutes = 'heldAt attendees sharedInfo factsByAgency discussion direction watchOver urgentRule nextOn planResult resourceGap dissent';

const slip = 'fromWorker receivingGroup receivingGroups sentOn reason alreadyDone consent slipUrgency replyDue requestedOn informationGroups referralAnswer referralDecision replyReason conditions alternative repliedBy repliedOn referralResult resultOn resultNote supplement';
const emergency = 'trigger foundAt foundBy dangerSigns situation whereNow suspectedTrack emergencyTrack judgement responderGroups safetyGroup situationNow staying safetyResult checkedAt checkedBy checkMethod condition measuresNeeded measures doneAt doneBy measureResult stillOpen emergencyOutcome outcomeNote followUpGroup followUpOwner followUpOn';
const exit = 'exitKind occurredOn resumeOn holdReason howKnown detail institutionKind tried triedAt whereabouts result meetingResult decisionReason watchPolicy decidedOn nextStep reason looked interruptionReview reviewNote reviewedOn diedOn tasksLeft note handoverKind toGroup handedOn';
const handover = 'handoverKind toGroup toName toMunicipality handedOn handedBy summary remaining watchRules resumePolicy handedItems accepted';

const fields: Readonly<Record<ScopeItem, Readonly<Record<string, string>>>> = {
  basic: {
    F01: `${person} safeContact`,
    F02: `${person} safeContact`,
    F03: person, 'F01.urgency': '',
  },
  family: { 'F01.urgency': '', F01: 'household householdType', F02: 'household householdType', F03: 'household cohabit cohabitCount apartFamily marital children familyComplaint familyNote familyTimeline caredPerson youngCarer communityTies', F05: 'householdSummary' },
  health: { F03: 'health clinic medicine insurance disabilityBook supportClass selfSupportMedical careLevel dementiaSign careManager school childService' },
  money: { F03: 'housing housingRisk income householdIncome benefits taxExempt arrears debt welfare work workForm lastWorkSince education license' },
  progress: {
    F01: 'worries mainWorry worryDetail', F02: 'worries mainWorry', 'F01.urgency': 'urgency urgentKinds urgentAction',
    F03: 'mainComplaint strengths issues issueOwner selfCognition willingness riskScore summary', F04: note,
    F05: plan, F06: `${note} startBasis relationStage approachGoals approach consentPlan reviewOn handTo attemptResult outreachReview direction endReason achieved`,
    F07: 'wish purpose goal steps matches trials trialResult followUp settlingResult stableOn outcome evaluation', F08: evaluation,
    F12: slip, F13: emergency, F20: handover, F93: exit,
  },
  meeting: {
    'F09.minutes': minutes, 'F09.judgement': 'heldAt attendees meetingResult', 'F09.decisions': 'roleSplit', 'F09.request': 'purpose asks', 'F09.arrangement': 'purpose asks',
    'F09.prepSheet': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.reply': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.invitation': 'agenda',
  },
};

/** Of the consent itself, and of what was taken back of it: what an agency that it names has to go by. Under no item. */
const ofConsent: Readonly<Record<string, string>> = { F10: 'subject memberName consentState types scopeItems method explainedOn noticeVersion validFrom validUntil', F17: 'withdrawnOn subject memberName withdrawnScope withdrawnItems withdrawnTypes' };

/** Somebody of the household who has agreed themselves that this agency is told, and to what. */
export interface Agreed {
  name: string;
  items: readonly ScopeItem[];
}

/** Household members who did not agree themselves are third parties: only how they stand to the person (domain.md §3.5). */
const ofThirdParties = ['relation', 'cohabit'];
const plain = (name: string): string => name.normalize('NFC').replace(/\s/g, '');

type Row = Readonly<Record<string, Json>>;
const thirdParty = (row: Row): Record<string, Json> => Object.fromEntries(Object.entries(row).filter(([key]) => ofThirdParties.includes(key)));

const isRow = (row: Json): row is Record<string, Json> => row !== null && typeof row === 'object' && !Array.isArray(row);

/** Whether what somebody of the household agreed to themselves lets them be named (member_shown in the database says the same). */
const namedBy = ({ items }: Agreed): boolean => items.includes('basic') || items.includes('family');

function redactHousehold(value: Json, items: readonly ScopeItem[], members: readonly Agreed[]): Json {
  if (!Array.isArray(value)) return [];
  // of two with one name neither is shown: the sheet does not say which of them agreed
  const count = new Map<string, number>();
  for (const row of value) if (isRow(row) && typeof row['name'] === 'string') count.set(plain(row['name']), (count.get(plain(row['name'])) ?? 0) + 1);
  return value.filter(isRow).map((row) => {
    const name = typeof row['name'] === 'string' ? plain(row['name']) : '';
    const agreed = name === '' || count.get(name) !== 1 ? [] : members.filter((one) => plain(one.name) === name && namedBy(one));
    if (agreed.length === 0) return thirdParty(row);
    const mayTellHealth = items.includes('health') && agreed.some((one) => one.items.includes('health'));
    return mayTellHealth ? row : Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'healthNote'));
  });
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);

/** The longest list wins: `F09.minutes` by its own, `F03.part` by that of F03. */
const listed = (lists: Readonly<Record<string, string>>, record: string): string[] => (lists[record] ?? lists[record.split('.')[0]!] ?? '').split(' ').filter(Boolean);

/**
 * The answers of a 帳票 that these items allow, by item; an item of which it says nothing is not there.
 * @param members those of the household who have agreed themselves, by their own consents
 */
export function extractOf(record: string, answers: Row, items: readonly ScopeItem[], members: readonly Agreed[] = []): { item: ScopeItem; answers: Record<string, Json> }[] {
  return items.flatMap((item) => {
    const chosen = listed(fields[item], record).flatMap((key): [string, Json][] => (isSaid(answers[key]) ? [[key, key === 'household' ? redactHousehold(answers[key], items, members) : answers[key]]] : []));
    return chosen.length > 0 ? [{ item, answers: Object.fromEntries(chosen) }] : [];
  });
}

/** How far somebody may read a sheet (answer_bounds in the database). `items` null: all of it. */
export interface AnswerBounds {
  items: readonly ScopeItem[] | null;
  members: readonly Agreed[];
}

/** What a sheet says to somebody who may read it that far. The one place where every door asks: sheets, forms that carry, dossiers. */
export function withinItems(record: string | null, answers: Row, { items, members }: AnswerBounds): Record<string, Json> {
  if (items === null) return { ...answers };
  if (record === null) return {};
  const consent = listed(ofConsent, record).flatMap((key): [string, Json][] => (isSaid(answers[key]) ? [[key, answers[key]]] : []));
  return Object.assign(Object.fromEntries(consent), ...extractOf(record, answers, items, members).map((part) => part.answers)) as Record<string, Json>;
}

/** The kinds of content that a 帳票 has something of (record_items in the database). */
export const itemsIn = (record: string): ScopeItem[] => scopeItems.filter((item) => listed(fields[item], record).length > 0);

/** Those of the household of a case who have agreed that the agency of whoever acts is told. */
export const agreedMembers = (tx: Pick<Tx, 'db'>, caseId: string): Promise<Agreed[]> => tx.db.$queryRawUnsafe<Agreed[]>(`select member_name as name, items from agreed_members($1::uuid) where member_name is not null`, caseId);
