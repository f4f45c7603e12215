// 高齢者虐待: an old man is found hurt and without food; who is told, on which basis, for how long, and what becomes of it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inWareki } from '../../src/base/wareki.js';
import { groupOf, openOffice, type Household, type Office, type Words } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00', { page: 'elder-abuse', title: '左の頬のあざ' });
}, 300_000);
afterAll(() => office?.close());

const elderly = groupOf('elderly_welfare');
const houkatsu = groupOf('chiiki_houkatsu');
const words: Words = {
  goals: [['庄一さんが安全な場所で暮らす', '3か月、けががない'], ['武さんが相談先をもつ', '月1回会えている']],
  issues: [['父の安全', '父', '短期入所と受診の調整'], ['息子の疲れ', '息子', '高齢福祉課の面談']],
  notes: ['短期入所で食事をとれている。あざは薄くなった。', '武さんが「もう手は上げたくない」と話した。'],
  texts: {
    mainComplaint: '家には戻りたくない。息子のことも心配だ。', familyComplaint: '息子「仕事を辞めてから、ずっと二人きりだった」', familyNote: '妻を亡くしてから、息子と二人暮らし。', summary: '養護者による虐待のあと、父の暮らしと息子の支えを別々に組み立てる。',
    householdPicture: '84歳の父と50代の息子の二人暮らし。', direction: '父は短期入所を続け、息子とは高齢福祉課が会う。', discussion: '息子を責める場にしない。父の気持ちを先に聞く。', alreadyDone: '緊急対応で保護し、短期入所につないだ。',
  },
};
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

async function asksForHelp(man: Household): Promise<void> {
  office.tells('一週間後、庄一さんは自分から相談したいと言った。ここからは本人の同意にもとづく支援になる。');
  // A week later he wants help of his own will, and goes on with 高齢福祉課, who take him.
  office.hurries(false);
  office.days(7);
  const today = inWareki(office.today());
  await man.does('mori.d', 'receive_consultation', {
    field: 'elder', channel: 'visit', route: 'outreach', visitorIsSubject: 'yes', name: '松井 庄一', kana: 'まつい しょういち', commonName: '', formerName: '', sex: 'male', birthDate: '昭和17年1月20日', householdType: 'aged_parent_child', worries: ['violence', 'care'], mainWorry: 'violence', worryDetail: '家には戻りたくない。息子のことも心配だ。',
    household: [{ name: '松井 武', kana: 'まつい たけし', relation: 'child', sex: 'male', birthDate: '昭和46年頃', cohabit: 'together', keyPerson: false, consentStatus: 'not_explained' }],
    consent: { types: ['record', 'share'], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], scopeItems: ['basic', 'family', 'health', 'progress'], householdMembers: [], method: 'written', explained: ['purpose', 'scope', 'period', 'withdrawal'], explainedBy: '森 大輔', explainedOn: today, validFrom: today, signedBy: '松井 庄一', signedOn: today },
  });
  await man.does('mori.d', 'assess_urgency', { urgency: 'none' });
  await man.does('mori.d', 'screen_consultation', { screeningResult: 'refer', household: [], issueOwner: [] });
  await man.does('mori.d', 'refer_to_agency', { receivingGroup: elderly, reason: '虐待対応の後の暮らしを、一緒に組み立てたい。' });
  await man.does('ishikawa.r', 'answer_referral', { referralAnswer: 'accepted' });
  expect(await man.standing()).toEqual({ status: 'closed', closeReason: 'referred', incidents: 0 });
  const { referrals } = await man.reads<{ referrals: object[] }>('mori.d', 'referrals');
  expect(referrals).toMatchObject([{ status: 'accepted', acceptedGroup: elderly }]);
  expect(await man.readers()).toEqual(['hashimoto.k', 'ishikawa.r', 'mori.d']);
}

async function isFound(): Promise<Household> {
  office.tells('地域包括支援センターの森さんが松井庄一さん（84歳）を訪ねる。頬にあざがあり、奥から息子の怒鳴り声がする。');
  // 森 of the 地域包括支援センター calls on 松井 庄一, 84. His face is bruised; the son with whom he lives shouts from the back.
  office.hurries(true);
  const man = await office.takes('mori.d', { field: 'elder', channel: 'visit', urgent: true }, words);
  expect(await man.readers()).toEqual(['hashimoto.k', 'mori.d']);
  const filed = await man.files('mori.d', 'emergency', {
    trigger: 'visit', foundAt: '2026-05-11T09:50', dangerSigns: ['injury', 'no_food', 'violence'], situation: '左の頬にあざ。二日食べていないと話す。奥で長男が怒鳴っている。', suspectedTrack: 'abuse',
    calls: [{ agency: 'police_110', calledAt: '2026-05-11T09:55', calledBy: '森 大輔', answer: 'すぐ向かう。' }],
  });
  expect(filed.status).toBe(201);

  // The alarm itself lets the coordinators see him, and nobody else.
  expect(await man.readers()).toEqual(['hashimoto.k', 'mori.d', 'sato.h', 'yamaguchi.n']);
  await man.does('mori.d', 'call_services', { dangerSigns: ['injury', 'no_food', 'violence'], calls: [{ agency: 'abuse_elder', calledAt: '2026-05-11T10:05', calledBy: '森 大輔', answeredBy: '石川 亮', answer: '通報として受け付けた。' }] });
  return man;
}

test('an elder-abuse emergency is answered at once without consent, on the basis that is named, by those who are named, until it is over', async () => {
  const man = await isFound();

  // Nobody has judged it for four hours: the chair is told, and sees the task that is not hers.
  office.tells('四時間、体制が決まらない。期限が過ぎると、会長に知らせが行く。');
  expect(await man.risen('nakamura.m')).toEqual([]);
  office.desk.later(5 * 3_600_000);
  await office.desk.reminds(man.caseNo);
  expect(await man.risen('nakamura.m')).toEqual(['assess_emergency']);

  // 佐藤 judges it abuse. The law wants it notified to 高齢福祉課, and for three days those who respond may know.
  expect(await man.mayNot('sato.h', 'assess_emergency', { emergencyTrack: 'abuse', abuseKind: 'elder', responderGroups: [elderly, houkatsu], legalBasis: 'abuse_notice' })).toEqual([422, 'form_invalid']);
  await man.does('sato.h', 'assess_emergency', {
    emergencyTrack: 'abuse', abuseKind: 'elder', statutoryGroup: elderly, judgement: '養護者による身体的虐待と放棄の疑い。今日のうちに離す必要がある。', responderGroups: [elderly, houkatsu], safetyGroup: houkatsu, legalBasis: 'abuse_notice', sharingReason: '保護の判断と受診先の調整のため。', shareHours: '72',
  });
  expect(await man.readers()).toEqual(['hashimoto.k', 'ishikawa.r', 'mori.d', 'sato.h', 'yamaguchi.n']);

  office.tells('だれかが顔を見るまで、確認は終わらない。戸が開かなければ、もう一度行く。');
  // Somebody has to have seen him: a knock at a door that stays shut is no check, and the task comes again.
  await man.does('hashimoto.k', 'confirm_safety', { safetyResult: 'not_seen', checkedAt: '2026-05-11T15:35', condition: '長男が戸を開けない。', nextTry: '警察官の立会いで、もう一度訪ねる。' });
  office.desk.later(50 * 60_000);
  await man.does('hashimoto.k', 'confirm_safety', { safetyResult: 'unsafe', checkedAt: '2026-05-11T16:30', checkMethod: 'hospital', condition: '病院で手当てを受けた。骨折はない。', measuresNeeded: 'yes' });

  // The same evening he is in hospital, then in a short-stay home.
  await man.does('ishikawa.r', 'carry_out_measures', { measures: ['medical'], doneAt: '2026-05-11T16:45' });
  await man.does('hashimoto.k', 'carry_out_measures', { measures: ['medical'], doneAt: '2026-05-11T16:45' });

  office.tells('二つの機関が動くので、社会福祉法106条の6の支援会議を開く。全員が守秘を誓うまで、資料は開かない。');
  // Two agencies respond, so they meet under 社会福祉法106条の6, and nobody opens the papers before everybody has pledged secrecy.
  await man.does('yamamoto.m', 'convene_emergency_meeting', { wantedGroups: [elderly, houkatsu] });
  await man.does('yamamoto.m', 'arrange_meeting', { kind: 'confidential', legalBasis: '106-6', consentMissing: ['no_time'], memberGroups: [elderly, houkatsu], meetingAt: '2026-05-12T13:30+09:00' });
  expect((await office.papers('ishikawa.r', man)).are).toBe('pledge_missing');
  for (const login of ['ishikawa.r', 'hashimoto.k', 'nakamura.m', 'yamamoto.m']) await man.does(login, 'sign_pledge_late');
  await man.meetsInConfidence(['elderly_welfare', 'chiiki_houkatsu'], { meetingResult: 'direction_agreed' }, '短期入所先と、長男との面談の日取りを決める');
  expect((await office.papers('ishikawa.r', man)).are).toBe('open');
  for (const login of ['fukuda.r', 'okamoto.s', 'kato.m', 'mori.d']) expect([login, (await office.papers(login, man)).are]).toEqual([login, 'not_found']);

  office.tells('庄一さんは短期入所で安全に過ごしている。だれに何を、どの根拠で話したかを書き残し、緊急対応は終わる。見られる人も元に戻る。');
  // He is safe in a short-stay home. What was told, to whom and why, is written down; the emergency is over, and so is the looking.
  await man.does('sato.h', 'record_basis', {
    emergencyOutcome: 'resolved', outcomeNote: '短期入所で保護し、長男とは高齢福祉課が面談を始めた。', told: [{ agency: 'elderly_welfare', items: ['basic', 'health', 'family'], legalBasis: 'abuse_notice', toldAt: '2026-05-11T10:05', toldBy: '森 大輔' }], subjectTold: 'yes', followUpGroup: elderly, followUpOn: office.dayIn(5),
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

  await asksForHelp(man);
  office.isWritten();
  expect(await man.chronology('mori.d')).toEqual([
    'opened', '緊急対応記録（発見・通報）', '緊急対応記録（連絡）', '緊急対応記録（体制と共有の根拠）', '緊急対応記録（安否・安全の確認）', '緊急対応記録（暫定対応）', '緊急対応記録（緊急支援会議の招集）', '守秘義務誓約書（支援会議ごと）', '緊急対応記録（事後の記録と根拠）',
    '相談受付・申込票（同意あり）', '緊急性の判定', 'インテーク・アセスメントシート（スクリーニング）', '関係機関つなぎ・紹介状', 'つなぎへの回答', 'closed',
  ]);
}, 300_000);
