// What of a 帳票 belongs to which kind of content that a consent names (F10 共有する情報の範囲). A field that stands in no list is in no
// extract: what a city adds to a form is not told by itself.
import type { Json } from '../../base/json.js';
import type { ScopeItem } from '../consents/consents.js';

const plan = 'version background priorityIssues longGoal planGoals wishes roles actionsSelf actionsCoordinator actionsAgencies watchRules useOutreach useParticipation communityLink otherServices planStart planEnd monitorEveryDays nextMonitorOn evaluateOn leadAgency subAgencies';
const minutes = 'heldAt attendees sharedInfo factsByAgency discussion direction watchOver urgentRule nextOn planResult resourceGap dissent';

const fields: Readonly<Record<ScopeItem, Readonly<Record<string, string>>>> = {
  basic: {
    F01: 'name kana sex birthDate address postalCode residenceStatus phoneHome phoneMobile safeContact worries mainWorry worryDetail',
    F02: 'name kana sex birthDate address postalCode residenceStatus phoneHome phoneMobile safeContact worries mainWorry',
  },
  family: { F01: 'household householdType', F02: 'household householdType', F03: 'cohabit apartFamily marital children familyNote familyTimeline caredPerson youngCarer communityTies' },
  health: { F03: 'health clinic medicine insurance disabilityBook supportClass selfSupportMedical careLevel dementiaSign careManager school childService' },
  money: { F03: 'housing housingRisk income householdIncome benefits taxExempt arrears debt welfare work workForm lastWorkSince education license' },
  progress: {
    F03: 'mainComplaint familyComplaint strengths issues issueOwner selfCognition willingness riskScore summary', F04: 'noteAt targetPerson method purpose content nextAction nextActionDue',
    F05: plan, F06: 'relationStage approachGoals approach reviewOn handTo', F07: 'wish purpose match followUp outcome', F08: 'evaluatedOn evalType goalResults changes remaining newIssues opinionSelf opinionStaff networkCheck prospect leadAfter',
  },
  meeting: {
    'F09.minutes': minutes, 'F09.judgement': 'heldAt attendees meetingResult', 'F09.decisions': 'roleSplit', 'F09.request': 'purpose asks', 'F09.arrangement': 'purpose asks',
    'F09.prepSheet': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.reply': 'householdPicture currentAction wantAgency askOthers knownByMe myRole concern', 'F09.invitation': 'agenda',
  },
};

/** Household members who did not agree themselves are third parties: only how they stand to the person (domain.md §3.5). */
const ofThirdParties = ['relation', 'cohabit'];

function redactHousehold(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return value.map((row) => {
    if (row === null || typeof row !== 'object' || Array.isArray(row) || row['consentStatus'] === 'agreed') return row;
    return Object.fromEntries(Object.entries(row).filter(([key]) => ofThirdParties.includes(key)));
  });
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);

/** The answers of a 帳票 that these items allow, by item; an item of which it says nothing is not there. */
export function extractOf(record: string, answers: Readonly<Record<string, Json>>, items: readonly ScopeItem[]): { item: ScopeItem; answers: Record<string, Json> }[] {
  const named = (item: ScopeItem): string[] => (fields[item][record] ?? fields[item][record.split('.')[0]!] ?? '').split(' ').filter(Boolean);
  return items.flatMap((item) => {
    const chosen = named(item).flatMap((key): [string, Json][] => (isSaid(answers[key]) ? [[key, key === 'household' ? redactHousehold(answers[key]) : answers[key]]] : []));
    return chosen.length > 0 ? [{ item, answers: Object.fromEntries(chosen) }] : [];
  });
}
