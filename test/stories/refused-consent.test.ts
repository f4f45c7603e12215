// 不同意: a man who wants nobody told, and the months until he says yes.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { groupOf, openOffice, told, type Household, type Office, type Words } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00', { page: 'refused-consent', title: '閉まったままの雨戸' });
}, 300_000);
afterAll(() => office?.close());

const team = ['elderly_welfare', 'self_reliance'];
const members = team.map(groupOf);
const words: Words = {
  goals: [['勇さんが病院で脚を診てもらう', '受診の記録'], ['週1回、だれかと話す', '2か月続いている']],
  issues: [['脚の病気と受診', '本人', '受診の同行と介護申請'], ['孤立と家計', '本人', '家計の相談']],
  notes: ['戸口に手紙を置いた。次の日にはなくなっていた。', '玄関で昔の旋盤の話をした。脚が腫れている。'],
  texts: {
    mainComplaint: '放っておいてほしい。', familyComplaint: '（身寄りはない）', familyNote: '町工場で旋盤を40年。妻とは若いころに別れた。', summary: '受診の途切れと孤立。本人が話したいことから始める。', householdPicture: '70代の男性の独り暮らし。雨戸が一か月閉まっている。', background: '役所の手続きで恥をかいたことがある。',
    longGoal: '勇さんが自分の家で、脚の痛みなく暮らす。', wishes: '「もう一度、機械に触りたい」（本人）', direction: '手紙と訪問を続け、病院の話から。', discussion: '名前を出さず、近所に聞いて回らない。', watchOver: '高齢福祉課が隔週で様子を見る。', contactPlan: 'アウトリーチ支援員が同じ曜日に手紙を届ける。', risk: '食事と受診の中断。', firstContactPlan: '手紙を戸口に置く。', consentStrategy: '病院の話から、本人の言葉を待つ。',
    currentAction: '戸越しに声をかけている。', wantAgency: '家計の相談先。', askOthers: '水道の使用が止まっていないか。', myRole: '訪問と受診の同行。', concern: '倒れていても気づけない。',
  },
};

/** The agency that took it, the coordinator, the chair. */
const knowing = ['hashimoto.k', 'mori.d', 'nakamura.m', 'sato.h'];

async function meetsInSecrecy(man: Household): Promise<void> {
  // The chair finds that 社会福祉法106条の6 applies; the office chooses who sits there; and the last pledge opens the papers.
  await man.does('nakamura.m', 'judge_applicability', { applicability: 'applicable', urgency: 'none' });
  await man.does('yamamoto.m', 'select_members', { memberGroups: members });
  for (const login of ['ishikawa.r', 'nakamura.m', 'yamamoto.m']) await man.does(login, 'sign_pledge');
  expect((await office.papers('ishikawa.r', man)).are).toBe('pledge_missing');
  await man.does('fukuda.r', 'sign_pledge');
  expect((await office.papers('ishikawa.r', man)).are).toBe('open');
  await man.does('ishikawa.r', 'prepare_sheets', { knownByMe: '隣人が、夜に台所の灯りを見た。' });
  await man.does('fukuda.r', 'prepare_sheets', { knownByMe: '以前、家賃の相談に来たことがある。' });
  await man.does('yamamoto.m', 'arrange_meeting', { kind: 'confidential', memberGroups: members, meetingAt: `${office.dayIn(8)}T14:00+09:00` });
  await man.meetsInConfidence(team, { meetingResult: 'direction_agreed' }, '今週のうちに一度、前を通り、雨戸と郵便受けの様子を見る');
  expect((await office.papers('ishikawa.r', man)).text).toContain('台所の灯り');
  for (const login of ['mori.d', 'sato.h', 'aoki.w', 'okamoto.s']) expect([login, (await office.papers(login, man)).are]).toEqual([login, 'not_found']);
}

/** From Tuesday to Tuesday four weeks later, from summer to autumn; what came of each visit. */
async function isCalledOn(man: Household): Promise<string[]> {
  // 高齢福祉課 watches; 林 of the アウトリーチ calls on him, again and again.
  await man.does('yamamoto.m', 'decide_watch_policy', { roleGroups: [groupOf('elderly_welfare')], approachGroup: 'grp.outreach' });
  await man.does('ishikawa.r', 'report_role');
  await man.does('hayashi.m', 'record_approach', { approachResult: 'not_yet' });
  await man.does('hayashi.m', 'gather_information', { startBasis: 'confidential' });
  await man.does('hayashi.m', 'plan_approach');
  const visits = [
    ['2026-07-07', '2026-08-04', 'no_answer', '手紙を戸口に置いた。'], ['2026-08-04', '2026-09-01', 'answered', '戸越しに「また来たのか」と返事があった。'],
    ['2026-09-01', '2026-09-29', 'met', '玄関で十分、昔の仕事の話をした。'], ['2026-09-29', '2026-10-27', 'met', '家に上げてくれた。脚が腫れて歩けないと話した。'],
  ] as const;
  for (const [on, next, attemptResult, content] of visits) {
    while (office.today() < on) office.days(1);
    await man.does('hayashi.m', 'carry_out_visit', { noteAt: `${on}T09:30+09:00`, content, attemptResult, attemptNext: 'continue', nextAction: '同じ曜日に訪ねる', nextActionDue: next });
    await man.does('hayashi.m', 'update_stage');
    if ((await man.inbox('hayashi.m')).includes('obtain_consent')) await man.does('hayashi.m', 'obtain_consent', on === '2026-09-29' ? { outreachConsent: 'obtained', consentOn: '令和8年9月29日', consentNote: '病院のことなら話してよいと言った。' } : { outreachConsent: 'not_yet' });
  }
  return visits.map(([, , result]) => result);
}

test('a refused consent that becomes one: 支援会議 under secrecy, months of outreach, his own yes, and nothing that crosses over by itself', async () => {
  office.tells('浜田勇さんの家の雨戸が、一か月閉まったままだと隣人が知らせた。戸越しの返事は「だれにも言うな」。');
  // The shutters of 浜田 勇 have been down for a month. He tells 森 through the door that nobody is to be told.
  const man = await office.takes('mori.d', { field: 'elder', channel: 'visit' }, words);
  await man.does('mori.d', 'receive_consultation', {
    variant: 'no_consent', field: 'elder', channel: 'visit', route: 'neighbour', name: '浜田 勇', kana: 'はまだ いさむ', commonName: '', formerName: '', birthDate: '昭和25年頃', householdType: 'single', household: [],
    noConsentReason: ['refused'], legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの分担', observed: { facts: '雨戸が閉まったまま。郵便受けがあふれている。' },
  });
  await man.comesToCoordinator('mori.d', 'ishikawa.r', { consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事をとれていないおそれがあり、放っておけば命にかかわる。', reason: '命にかかわるおそれがあり、本人の同意のないまま市の判断を仰ぐ。' });
  await man.does('sato.h', 'check_consent', { consentState: 'refused', refusalReason: '近所に知られたくない。' });
  expect(await man.readers()).toEqual(knowing);

  office.tells('同意がない。会長が社会福祉法106条の6に当たると判断し、守秘を誓った人だけの支援会議を開く。');
  await meetsInSecrecy(man);
  expect(await man.readers()).toEqual(knowing);

  office.tells('林さんが、四週間ごとの火曜に訪ねる。夏から秋まで、ずっと。');
  const visits = await isCalledOn(man);
  expect(await man.readers()).toEqual([...knowing, 'hayashi.m'].toSorted());

  office.tells('勇さんは「病院のことなら」と言った。支援会議で話されたことは、そのままでは流れない。コーディネーターが、本人に改めて尋ねる。');
  // He has said yes to 林. The coordinator sees which questions were written of in the 支援会議, not what was written, and asks anew.
  expect(await man.inbox('sato.h')).toEqual(['convert_to_consented']);
  const { items } = await man.reads<{ items: object[] }>('sato.h', 'conversion');
  expect(items).toContainEqual(expect.objectContaining({ record: 'F09.prepSheet', field: 'knownByMe' }));
  expect(JSON.stringify(items)).not.toContain('台所の灯り');
  const { outreaches } = await man.reads<{ outreaches: object[] }>('hayashi.m', 'outreach');
  expect(outreaches).toMatchObject([{ startBasis: 'confidential', agencyCode: 'shakyo', endedAt: null, attempts: visits.map((result) => ({ result })) }]);
  await man.does('sato.h', 'convert_to_consented', { consentState: 'full', scopeAgencies: ['welfare_policy', 'shakyo', ...team].map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] });
  const agreed = ['fukuda.r', 'hashimoto.k', 'hayashi.m', 'inoue.t', 'ishikawa.r', 'mori.d', 'nakamura.m', 'sato.h', 'yamaguchi.n', 'yamamoto.m'];
  expect(await man.readers()).toEqual(agreed);
  // For two weeks after the 支援会議 is over those who sat there read its sheets, nobody else.
  expect(await man.sheets('ishikawa.r')).toContain('台所の灯り');
  for (const login of ['sato.h', 'mori.d', 'hayashi.m', 'inoue.t', 'yamaguchi.n', 'hashimoto.k']) expect([login, (await man.sheets(login)).includes('台所の灯り')]).toEqual([login, false]);
  await man.does('hayashi.m', 'hand_to_agency', { handToKind: 'community' });
  await man.does('hayashi.m', 'confirm_relation', { relationStable: 'yes', startParticipation: 'no' });
  await man.does('hayashi.m', 'propose_closing');

  office.tells('ここからは、ほかの世帯と同じ。機関に尋ね、本人とプランをつくる。');
  // From here he is a household like any other: agencies are asked, a plan is made with him, and it is his.
  await man.getsAssessed(team);
  await man.getsPlanned(team, 'elderly_welfare');
  await man.confers(team, 'hold_plan_meeting', { meetingResult: 'suitable' });
  await man.isDecided(team);
  expect(await man.standing()).toEqual({ status: 'supporting', closeReason: null, incidents: 0 });
  expect(await man.processes()).toEqual(['confidential_route ended', 'coordination_main active', 'intake_screening ended', 'meeting ended', 'meeting ended', 'meeting_decision ended', 'meeting_decision ended', 'monitor_replan active', 'outreach ended']);
  expect(await man.readers()).toEqual(agreed);

  office.isWritten();
  // Then not even they. What was told under secrecy stays listed.
  for (const login of agreed) expect([login, (await man.sheets(login)).includes('台所の灯り')]).toEqual([login, false]);
  const { disclosures } = await man.reads<{ disclosures: { toCode: string; purpose: string; legalBasis: string }[] }>('sato.h', 'disclosures');
  const under = (basis: string) => [...new Set(disclosures.filter(({ legalBasis }) => legalBasis === basis).map(({ toCode }) => toCode))].toSorted();
  expect([under('106-6'), under('69-2-1')]).toEqual([['elderly_welfare', 'self_reliance', 'welfare_policy'], ['elderly_welfare', 'self_reliance', 'shakyo', 'welfare_policy']]);

  // 佐藤 reads how it went without a line of the outreach; 林 reads the months that were hers.
  const consented = [...told.assessed, ...told.planned, ...told.met, ...told.decided];
  expect(await man.chronology('sato.h')).toEqual(['opened', '相談受付・申込票（同意なし）', ...told.referred, '本人同意書', '守秘義務誓約書（支援会議ごと）', '本人同意書', ...consented]);
  const visit = ['アウトリーチの訪問・連絡の記録', 'アウトリーチ等プラン（関係性の段階）'];
  const asks = 'アウトリーチ等プラン（同意と希望）';
  // Of the paper that names nobody, and of what an office keeps about its meetings, she is told nothing by his consent.
  const toldToHer = consented.filter((title) => !['会議録の確認・確定', '資料回収の確認', '決定事項の実施報告'].includes(title));
  expect(await man.chronology('hayashi.m')).toEqual([
    'opened', ...told.referred, 'アウトリーチ等プラン（情報収集・事前調整）', 'アウトリーチ等プラン（働きかけ計画・安全確認）',
    ...visit, ...visit, asks, ...visit, asks, ...visit, asks, '本人同意書', 'アウトリーチ等プラン（地域へのつなぎ）', 'アウトリーチ等プラン（つなぎ）', 'アウトリーチ等プラン（終結の提案）', ...toldToHer,
  ]);
}, 300_000);
