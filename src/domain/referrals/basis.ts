// On what a slip rests: a consent on file that covers the receiver and all that the slip tells, or a ground of the law that fits both
// sides. A tick is neither (docs/decisions/0014). Every slip is a line of the 提供記録 for each agency that it is sent to.
import type { Tx } from '../../base/db.js';
import { Problem, type PointedError } from '../../base/problem.js';
import { agenciesBehind } from '../agencies.js';
import { consentStateOf, coveringConsent, type ConsentState, type Covering, type ScopeItem } from '../consents/consents.js';
import { recordDisclosure, shareUnderConsent } from '../disclosures.js';
import { whyGroundFails } from '../grounds.js';
import { caseOf, refuseField, textAt, textsAt, type Answers } from '../records/answers.js';
import type { Filed } from '../records/record.js';

const itemNames: Readonly<Record<ScopeItem, string>> = { basic: '基本情報', family: '家族状況', health: '健康・障がい', money: '収入・債務', progress: '支援経過', meeting: '会議記録' };
const stateNames: Readonly<Record<Exclude<ConsentState, 'full' | 'partial'>, string>> = { unexplained: '未説明', considering: '説明済・検討中', refused: '不同意', incapable: '判断困難', withdrawn: '撤回', expired: '期限切れ' };
/** For which kind of content a sheet goes with the slip: without it in the consent the sheet may not. Of the sheet its receiver reads what the consent names (records/items.ts). */
const itemOfSheet: Readonly<Record<string, ScopeItem>> = { F01: 'basic', F03: 'health', F04: 'progress', F05: 'progress' };

interface Told {
  item: ScopeItem;
  /** The field that tells it. */
  at: string;
}

/** What the slip tells whoever gets it: who it is, what was done so far, and the sheets that go with it. */
function toldBy(answers: Answers): Told[] {
  const told: Told[] = [{ item: 'basic', at: 'consent' }];
  if (textAt(answers, 'alreadyDone') !== null) told.push({ item: 'progress', at: 'alreadyDone' });
  for (const sheet of textsAt(answers, 'attached')) if (itemOfSheet[sheet]) told.push({ item: itemOfSheet[sheet], at: 'attached' });
  return told;
}

const ways = '先に本人に説明し、同意を同意書（F10、口頭でもよい）に記録してから送ってください。同意が得られないときは「本人の同意: なし（根拠による）」を選び、根拠（個人情報保護法69条2項4号、27条1項など）とその事情を書いてください。';

/** Says what is not covered, where it stands, and what may honestly be done. */
function missing(name: string, state: ConsentState, covering: Covering | null, told: readonly Told[]): Problem {
  if (!covering) {
    const why = state === 'full' || state === 'partial' ? '本人の同意は、この機関または情報共有の目的に及んでいません' : `いま有効な本人の同意がありません（同意の状態: ${stateNames[state]}）`;
    const detail = `「${name}」に伝えることについて、${why}。${ways}`;
    return new Problem('consent_missing', { detail, errors: [{ pointer: '/answers/consent', detail }] });
  }
  const beyond = told.filter(({ item }) => !covering.items.includes(item));
  const names = [...new Set(beyond.map(({ item }) => itemNames[item]))].join('・');
  const errors = [...new Set(beyond.map(({ at }) => at))].map((at): PointedError => ({ pointer: `/answers/${at}`, detail: `「${names}」は「${name}」への同意の範囲にありません。` }));
  return new Problem('consent_missing', { detail: `「${names}」を「${name}」に伝えることは、本人の同意の範囲にありません。シートから除くか、本人に同意を確かめ直してください。${ways}`, errors, extra: { items: [...new Set(beyond.map(({ item }) => item))] } });
}

export interface SlipBasis {
  consent: 'consented' | 'without_consent';
  legalBasis: string | null;
}

/** @throws Problem form_invalid pointing at what is not said or does not fit */
async function lawful(tx: Tx, filed: Filed, agencies: readonly string[]): Promise<string> {
  const ground = textAt(filed.answers, 'legalBasis') ?? refuseField('legalBasis', '本人の同意がないときは、根拠を選んでください。');
  if (textAt(filed.answers, 'legalReason') === null) refuseField('legalReason', '根拠とした事情（必要性と相当の理由）を書いてください。');
  if (ground === '106-6') refuseField('legalBasis', '支援会議（106条の6）の根拠で伝えられるのは、その会議の中だけです。会議の開催を求めるか、別の根拠を選んでください。');
  for (const to of agencies) {
    const why = await whyGroundFails(tx, { ground, from: filed.by.agencyCode, to, forTheCity: true });
    if (why !== null) refuseField('legalBasis', why);
  }
  return ground;
}

/**
 * Finds the slip's basis for every agency that it goes to, and writes down that they were told. What stays in the sender's own agency
 * is told to nobody else.
 * @throws Problem consent_missing (naming what is missing, and the ways that are left), form_invalid
 */
export async function tellOnBasis(tx: Tx, filed: Filed, toGroups: readonly string[]): Promise<SlipBasis> {
  const caseId = caseOf(filed);
  const { answers, submissionId, by } = filed;
  const behind = await agenciesBehind(tx, toGroups);
  const agencies = [...new Set([...behind.values()].map(({ code }) => code))].filter((code) => code !== by.agencyCode);
  const told = toldBy(answers);
  const items = [...new Set(told.map(({ item }) => item))];
  if (textAt(answers, 'consent') !== 'consented') {
    const legalBasis = await lawful(tx, filed, agencies);
    for (const code of agencies) await recordDisclosure(tx, { caseId, to: { kind: legalBasis === 'abuse_notice' ? 'authority' : 'agency', code }, purpose: 'share', items, legalBasis, consentId: null, meetingId: null, submissionId });
    return { consent: 'without_consent', legalBasis };
  }
  for (const agencyCode of agencies) {
    const covering = await coveringConsent(tx, caseId, agencyCode);
    if (covering && items.every((item) => covering.items.includes(item))) {
      await shareUnderConsent(tx, { caseId, agencyCode, purpose: 'share', items, submissionId });
      continue;
    }
    const { name } = await tx.db.agency.findUniqueOrThrow({ where: { code: agencyCode }, select: { name: true } });
    throw missing(name, (await consentStateOf(tx, caseId)).state, covering, told);
  }
  return { consent: 'consented', legalBasis: null };
}
