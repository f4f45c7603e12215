// 高齢者虐待: an old man is found hurt and without food; who is told, on which basis, for how long, and what becomes of it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { groupOf, openOffice, type Office } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00');
}, 180_000);
afterAll(() => office?.close());

const elderly = groupOf('elderly_welfare');
const houkatsu = groupOf('chiiki_houkatsu');
interface Emergency {
  track: string;
  legalBasis: string;
  outcome: string | null;
  steps: { kind: string; detail: string | null }[];
}
interface Told {
  toKind: string;
  toCode: string;
  legalBasis: string;
}

test('an elder-abuse emergency is answered at once without consent, on the basis that is named, by those who are named, until it is over', async () => {
  // 森 of the 地域包括支援センター calls on 松井 庄一, 84. His face is bruised; the son with whom he lives shouts from the back.
  const man = await office.takes('mori.d', { field: 'elder', channel: 'visit', urgent: true });
  expect(await man.readers()).toEqual(['hashimoto.k', 'mori.d']);
  const filed = await man.files('mori.d', 'emergency', {
    trigger: 'visit', foundAt: '2026-05-11T09:50', dangerSigns: ['injury', 'no_food', 'violence'], situation: '左の頬にあざ。二日食べていないと話す。奥で長男が怒鳴っている。', suspectedTrack: 'abuse',
    calls: [{ agency: 'police_110', calledAt: '2026-05-11T09:55', calledBy: '森 大輔', answer: 'すぐ向かう。' }],
  });
  expect(filed.status).toBe(201);

  // The alarm itself lets the coordinators see him, and nobody else.
  expect(await man.readers()).toEqual(['hashimoto.k', 'mori.d', 'sato.h', 'yamaguchi.n']);
  await man.does('mori.d', 'call_services', { dangerSigns: ['injury', 'no_food', 'violence'], calls: [{ agency: 'abuse_elder', calledAt: '2026-05-11T10:05', calledBy: '森 大輔', answeredBy: '石川 亮', answer: '通報として受け付けた。' }] });

  // 佐藤 judges it abuse. The law wants it notified to 高齢福祉課, and for three days those who respond may know.
  expect(await man.mayNot('sato.h', 'assess_emergency', { emergencyTrack: 'abuse', abuseKind: 'elder', responderGroups: [elderly, houkatsu], legalBasis: 'abuse_notice' })).toEqual([422, 'form_invalid']);
  await man.does('sato.h', 'assess_emergency', {
    emergencyTrack: 'abuse', abuseKind: 'elder', statutoryGroup: elderly, judgement: '養護者による身体的虐待と放棄の疑い。今日のうちに離す必要がある。', responderGroups: [elderly, houkatsu], safetyGroup: houkatsu, legalBasis: 'abuse_notice', sharingReason: '保護の判断と受診先の調整のため。', shareHours: '72',
  });
  expect(await man.readers()).toEqual(['hashimoto.k', 'ishikawa.r', 'mori.d', 'sato.h', 'yamaguchi.n']);

  // Somebody has to have seen him: a knock at a door that stays shut is no check, and the task comes again.
  await man.does('hashimoto.k', 'confirm_safety', { safetyResult: 'not_seen', checkedAt: '2026-05-11T10:10', condition: '長男が戸を開けない。', nextTry: '警察官の立会いで、もう一度訪ねる。' });
  await man.does('hashimoto.k', 'confirm_safety', { safetyResult: 'unsafe', checkedAt: '2026-05-11T10:20', checkMethod: 'hospital', condition: '病院で手当てを受けた。骨折はない。', measuresNeeded: 'yes' });

  // Two agencies respond, so they meet under 社会福祉法106条の6, and nobody opens the papers before everybody has pledged secrecy.
  await man.does('yamamoto.m', 'convene_emergency_meeting', { wantedGroups: [elderly, houkatsu] });
  await man.does('yamamoto.m', 'arrange_meeting', { kind: 'confidential', legalBasis: '106-6', consentMissing: ['no_time'], memberGroups: [elderly, houkatsu], meetingAt: '2026-05-12T13:30+09:00' });
  expect((await office.papers('ishikawa.r', man)).are).toBe('pledge_missing');
  for (const login of ['ishikawa.r', 'hashimoto.k', 'nakamura.m', 'yamamoto.m']) await man.does(login, 'sign_pledge_late');
  await man.meetsInConfidence(['elderly_welfare', 'chiiki_houkatsu'], { meetingResult: 'direction_agreed' });
  expect((await office.papers('ishikawa.r', man)).are).toBe('open');
  for (const login of ['fukuda.r', 'okamoto.s', 'kato.m', 'mori.d']) expect([login, (await office.papers(login, man)).are]).toEqual([login, 'not_found']);
  await man.eachDoes(['elderly_welfare', 'chiiki_houkatsu'], 'carry_out_measures', { measures: ['medical'], doneAt: '2026-05-11T11:30' });

  // He is safe in a short-stay home. What was told, to whom and why, is written down; the emergency is over, and so is the looking.
  await man.does('sato.h', 'record_basis', {
    emergencyOutcome: 'resolved', outcomeNote: '短期入所で保護し、長男とは高齢福祉課が面談を始めた。', told: [{ agency: 'elderly_welfare', items: ['basic', 'health', 'family'], legalBasis: 'abuse_notice', toldAt: '2026-05-11T10:05', toldBy: '森 大輔' }], subjectTold: 'yes', followUpGroup: elderly, followUpOn: '2026-05-20',
  });
  expect(await man.readers()).toEqual(['hashimoto.k', 'mori.d']);
  const { emergencies } = await man.reads<{ emergencies: Emergency[] }>('mori.d', 'emergencies');
  expect(emergencies).toMatchObject([{ track: 'abuse', legalBasis: 'abuse_notice', outcome: 'resolved' }]);
  const { disclosures } = await man.reads<{ disclosures: Told[] }>('mori.d', 'disclosures');
  expect(disclosures.map(({ toKind, toCode, legalBasis }) => [toKind, toCode, legalBasis].join(' ')).toSorted()).toEqual([
    'agency chiiki_houkatsu 106-6', 'agency chiiki_houkatsu abuse_notice', 'agency elderly_welfare 106-6', 'agency elderly_welfare abuse_notice', 'agency welfare_policy 106-6', 'authority elderly_welfare abuse_notice',
  ]);
  expect(disclosures.filter(({ toCode }) => toCode === 'elderly_welfare')).toMatchObject([{ toName: '高齢福祉課' }, { toName: '高齢福祉課' }, { toName: '高齢福祉課' }]);
  expect(await man.processes()).toEqual(['emergency ended', 'intake_screening active', 'meeting ended', 'meeting_decision ended']);

  // A week later he wants help of his own will, and goes on with 高齢福祉課, who take him.
  office.days(7);
  await man.does('mori.d', 'receive_consultation', {
    field: 'elder', channel: 'visit', route: 'outreach', visitorIsSubject: 'yes', name: '松井 庄一', kana: 'まつい しょういち', commonName: '', formerName: '', sex: 'male', birthDate: '昭和17年1月20日', householdType: 'aged_parent_child', worries: ['violence', 'care'], mainWorry: 'violence', worryDetail: '家には戻りたくない。息子のことも心配だ。',
    household: [{ name: '松井 武', kana: 'まつい たけし', relation: 'child', sex: 'male', birthDate: '昭和46年頃', cohabit: 'together', keyPerson: false, consentStatus: 'not_explained' }],
    consent: { types: ['record', 'share'], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], scopeItems: ['basic', 'family', 'health', 'progress'], householdMembers: [], method: 'written', explained: ['purpose', 'scope', 'period', 'withdrawal'], explainedBy: '森 大輔', explainedOn: '令和8年5月19日', validFrom: '令和8年5月19日', signedBy: '松井 庄一', signedOn: '令和8年5月19日' },
  });
  await man.does('mori.d', 'assess_urgency', { urgency: 'none' });
  await man.does('mori.d', 'screen_consultation', { screeningResult: 'refer', household: [], issueOwner: [] });
  await man.does('mori.d', 'refer_to_agency', { receivingGroup: elderly, reason: '虐待対応の後の暮らしを、一緒に組み立てたい。' });
  await man.does('ishikawa.r', 'answer_referral', { referralAnswer: 'accepted' });
  expect(await man.standing()).toEqual({ status: 'closed', closeReason: 'referred', incidents: 0 });
  const { referrals } = await man.reads<{ referrals: object[] }>('mori.d', 'referrals');
  expect(referrals).toMatchObject([{ status: 'accepted', acceptedGroup: elderly }]);
  expect(await man.readers()).toEqual(['hashimoto.k', 'ishikawa.r', 'mori.d']);

  expect(await man.chronology('mori.d')).toEqual([
    'opened', '緊急対応記録（発見・通報）', '緊急対応記録（連絡）', '緊急対応記録（体制と共有の根拠）', '緊急対応記録（安否・安全の確認）', '緊急対応記録（緊急支援会議の招集）', '守秘義務誓約書（支援会議ごと）', '緊急対応記録（暫定対応）', '緊急対応記録（事後の記録と根拠）',
    '相談受付・申込票（同意あり）', '緊急性の判定', 'インテーク・アセスメントシート（スクリーニング）', '関係機関つなぎ・紹介状', 'つなぎへの回答', 'closed',
  ]);
}, 120_000);
