// What of a 帳票 belongs to which kind of content that a consent names (F10 共有する情報の範囲). A field that stands in no list is in no
// extract: what a city adds to a form is not told by itself.
import type { Json } from '../../base/json.js';
import type { ScopeItem } from '../consents/consents.js';

const plan = 'planKind version background priorityIssues longGoal planGoals wishes roles actionsSelf actionsCoordinator actionsAgencies watchRules useOutreach outreachReason useParticipation participationField communityLink otherServices planPeriod planStart planEnd monitorEvery nextMonitorOn evaluateOn leadGroup subGroups roleGroups changed changeReason changedOn roleStatus startedOn firstAction';
const note = 'noteAt targetPerson method purpose content nextAction nextActionDue';
const evaluation = 'evaluatedOn evalType goalResults changes changesNote remaining newIssues opinionSelf opinionSelfText opinionStaff networkCheck prospect leadAfter meetingJudge closureReason resumePolicy monitoringResult roleStatus did trouble nextOn';
const person = 'name kana commonName formerName sex birthDate ageApprox address postalCode residenceStatus phoneHome phoneMobile';
const minutes = 'heldAt attendees sharedInfo factsByAgency discussion direction watchOver urgentRule nextOn planResult resourceGap dissent';

const fields: Readonly<Record<ScopeItem, Readonly<Record<string, string>>>> = {
  basic: {
    F01: `${person} safeContact worries mainWorry worryDetail`,
    F02: `${person} safeContact worries mainWorry`,
    F03: person,
  },
  family: { F01: 'household householdType', F02: 'household householdType', F03: 'household cohabit cohabitCount apartFamily marital children familyComplaint familyNote familyTimeline caredPerson youngCarer communityTies', F05: 'householdSummary' },
  health: { F03: 'health clinic medicine insurance disabilityBook supportClass selfSupportMedical careLevel dementiaSign careManager school childService' },
  money: { F03: 'housing housingRisk income householdIncome benefits taxExempt arrears debt welfare work workForm lastWorkSince education license' },
  progress: {
    F03: 'mainComplaint strengths issues issueOwner selfCognition willingness riskScore summary', F04: note,
    F05: plan, F06: `${note} startBasis relationStage approachGoals approach consentPlan reviewOn handTo attemptResult outreachReview direction endReason achieved`,
    F07: 'wish purpose goal steps matches trials trialResult followUp settlingResult stableOn outcome evaluation', F08: evaluation,
  },
  meeting: {
    'F09.minutes': minutes, 'F09.judgement': 'heldAt attendees meetingResult', 'F09.decisions': 'roleSplit', 'F09.request': 'purpose asks', 'F09.arrangement': 'purpose asks',
    'F09.prepSheet': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.reply': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.invitation': 'agenda',
  },
};

/** Household members who did not agree themselves are third parties: only how they stand to the person (domain.md §3.5). */
const ofThirdParties = ['relation', 'cohabit'];
const plain = (name: string): string => name.normalize('NFC').replace(/\s/g, '');

const thirdParty = (row: Readonly<Record<string, Json>>): Record<string, Json> => Object.fromEntries(Object.entries(row).filter(([key]) => ofThirdParties.includes(key)));

function redactHousehold(value: Json, agreed: ReadonlySet<string>): Json {
  if (!Array.isArray(value)) return value;
  // of two with one name neither is shown: the sheet does not say which of them agreed
  const count = new Map<string, number>();
  for (const row of value) if (row !== null && typeof row === 'object' && !Array.isArray(row) && typeof row['name'] === 'string') count.set(plain(row['name']), (count.get(plain(row['name'])) ?? 0) + 1);
  return value.map((row) => {
    if (row !== null && typeof row === 'object' && !Array.isArray(row) && typeof row['name'] === 'string' && count.get(plain(row['name'])) !== 1) return thirdParty(row);
    if (row === null || typeof row !== 'object' || Array.isArray(row) || (typeof row['name'] === 'string' && agreed.has(plain(row['name'])))) return row;
    return thirdParty(row);
  });
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);

/**
 * The answers of a 帳票 that these items allow, by item; an item of which it says nothing is not there.
 * @param members names of members of the household who have agreed themselves, by their own consents
 */
export function extractOf(record: string, answers: Readonly<Record<string, Json>>, items: readonly ScopeItem[], members: readonly string[] = []): { item: ScopeItem; answers: Record<string, Json> }[] {
  const named = (item: ScopeItem): string[] => (fields[item][record] ?? fields[item][record.split('.')[0]!] ?? '').split(' ').filter(Boolean);
  const agreed = new Set(members.map(plain));
  return items.flatMap((item) => {
    const chosen = named(item).flatMap((key): [string, Json][] => (isSaid(answers[key]) ? [[key, key === 'household' ? redactHousehold(answers[key], agreed) : answers[key]]] : []));
    return chosen.length > 0 ? [{ item, answers: Object.fromEntries(chosen) }] : [];
  });
}
