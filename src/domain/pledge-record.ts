// F11 守秘義務誓約書: signed here by the person themself, or on paper and entered by those who convene.
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { caseworkRoles } from './access.js';
import { dayAt, refuse, textAt, textsAt } from './records/answers.js';
import { numberForLatePledge } from './meetings/papers.js';
import { endOfFiscalYear, recordPledge } from './pledges.js';
import type { Filed, RecordKind } from './records/record.js';

const choice = ['radio', 'select'];
export const understandings = ['secrecy', 'purpose', 'copies', 'devices', 'afterwards', 'penalty'] as const;
const collectors = ['meetingConvenor', 'chair', 'coordinator'];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whose pledge it is: the one who files, or the member whose paper was collected (null: no sign-in here). */
async function signerOf(tx: Tx, filed: Filed): Promise<{ userId: string | null; agencyCode: string; personName: string }> {
  const { answers, by } = filed;
  const personName = textAt(answers, 'person') ?? refuse(['person', '氏名を入力してください。']);
  const agencyCode = textAt(answers, 'agency') ?? refuse(['agency', '所属を選んでください。']);
  if (textAt(answers, 'signedBy') !== 'paper') {
    if (agencyCode !== by.agencyCode) refuse(['agency', '自分の所属を選んでください。']);
    return { userId: by.userId, agencyCode, personName };
  }
  if (!collectors.some((role) => by.roles.includes(role))) refuse(['signedBy', '紙の誓約書を登録するのは会議事務局です。自分の誓約は「本人」で出してください。']);
  if (textAt(answers, 'validFor') === 'sitting') await mustSitInOffice(tx, filed);
  const login = textAt(answers, 'memberLogin');
  if (login === null) return { userId: null, agencyCode, personName };
  const user = await tx.db.user.findFirst({ where: { login, active: true }, select: { id: true, agencyCode: true } });
  if (!user || user.agencyCode !== agencyCode) return refuse(['memberLogin', 'この所属の職員のログイン名ではありません。']);
  return { userId: user.id, agencyCode, personName };
}

/** The papers of a 支援会議 are collected by those who hold it: its chair and its secretary, for the city. @throws Problem form_invalid */
async function mustSitInOffice(tx: Tx, { answers, by }: Filed): Promise<void> {
  const sittingId = textAt(answers, 'sittingId') ?? '';
  const seats = uuid.test(sittingId) ? await tx.db.sittingMember.findMany({ where: { sittingId, removedAt: null, role: { in: ['chair', 'secretary'] } }, select: { groupKey: true } }) : [];
  if (!seats.some(({ groupKey }) => by.groups.includes(groupKey))) refuse(['signedBy', 'この会議の紙の誓約書を登録できるのは、その会議の会長と事務局です。']);
}

async function project(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const { answers, calendar, submissionId } = filed;
  const signer = await signerOf(tx, filed);
  const understood = textsAt(answers, 'understood');
  if (understandings.some((one) => !understood.includes(one))) refuse(['understood', 'すべての項目を確かめてからでないと、誓約になりません。']);
  const today = calendar.onDate(tx.now);
  const signedOn = dayAt(answers, 'signedOn') ?? refuse(['signedOn', '署名した日を入力してください。']);
  if (signedOn > today) refuse(['signedOn', '今日までの日を入力してください。']);
  const validFor = textAt(answers, 'validFor') as 'sitting' | 'fiscal_year' | 'term';
  const sittingId = validFor === 'sitting' ? (textAt(answers, 'sittingId') ?? '') : null;
  if (sittingId !== null && !uuid.test(sittingId)) refuse(['sittingId', '会議を選んでください。']);
  const validUntil = validFor === 'fiscal_year' ? endOfFiscalYear(signedOn) : null;
  if (validUntil && validUntil <= tx.now) refuse(['signedOn', '前の年度の誓約です。今年度の誓約書に署名してください。']);
  const pledgeId = await recordPledge(tx, { ...signer, capacity: textAt(answers, 'capacity') ?? '', textVersion: textAt(answers, 'textVersion') ?? '', understood, validFor, sittingId, signedOn, validUntil, submissionId });
  if (sittingId !== null) await numberForLatePledge(tx, sittingId);
  return { pledgeId };
}

export const pledgeRecord: RecordKind = {
  key: 'F11',
  title: '守秘義務誓約書',
  compartment: 'agency',
  anytime: { roles: [...caseworkRoles, 'meetingMember', 'caseTeamMember', 'resourceManager'] },
  needs: [
    { at: 'person', types: ['textfield'], required: true },
    { at: 'agency', types: choice, required: true },
    { at: 'capacity', types: choice, required: true },
    { at: 'textVersion', types: choice, required: true },
    { at: 'understood', types: ['checklist', 'taglist'], options: understandings, required: true },
    { at: 'signedOn', types: ['textfield'], required: true },
    { at: 'validFor', types: choice, options: ['sitting', 'fiscal_year', 'term'], required: true },
    { at: 'sittingId', types: ['textfield'], required: true },
    { at: 'signedBy', types: choice, options: ['self', 'paper'], required: true },
  ],
  project,
};
