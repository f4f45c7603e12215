// 8050: a mother of 82 and her son of 53, from a notice of the 通いの場 to a place where he belongs, and the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { planDaysFrom } from '../support/plan-days.js';
import { groupOf, openOffice, told, type Household, type Office, type Words } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00', { page: '8050', title: '母82歳、息子53歳' });
}, 300_000);
afterAll(() => office?.close());

const team = ['elderly_welfare', 'self_reliance'];
const commissioners = groupOf('commissioners');
const words: Words = {
  goals: [['トミさんが週2回、デイサービスに通う', '3か月続けて通えている'], ['進さんが月1回、支援員と話す', '3か月続けて会えている']],
  issues: [['母の介護', '母', '介護サービスの調整と月1回の訪問'], ['息子の孤立', '息子', '月1回の面談']],
  notes: ['玄関先で母と話した。息子は奥の部屋で聞いていた。', '息子が戸を少し開けて、手紙を受け取った。'],
  texts: {
    mainComplaint: '膝が痛くて出かけられない。自分が死んだあと、進がどうなるか。', familyComplaint: '息子「話すことはない」', familyNote: '夫は15年前に死亡。息子は勤めていた工場の閉鎖から外に出ていない。',
    summary: '母の膝と家事、息子の孤立。二人とも人に迷惑をかけたくないと話す。', householdPicture: '82歳の母と53歳の息子の二人暮らし。', background: '母は通いの場の世話をしてきた人。息子は機械の修理が得意。',
    longGoal: '母がこの家で暮らし続け、息子に家の外の居場所がある。', wishes: '母「通いの場にまた行きたい」息子「裏方の仕事なら」', discussion: '母の膝を先に診てもらい、息子には修理の話から近づく。', direction: '母の受診と介護申請、息子との面談。',
  },
};
interface Plan {
  version: number;
  status: string;
  goals: object[];
  roles: object[];
  longGoal: string;
}

async function isNoticed(): Promise<Household> {
  office.tells('川辺トミさんが、四週間、通いの場に来ていない。世話人が地域包括支援センターに電話をかけた。');
  // 川辺 トミ has not come to her 通いの場 for four weeks. The woman who keeps it telephones 地域包括支援センター.
  const home = await office.takes('mori.d', { field: 'elder', channel: 'phone' }, words);
  expect(await home.readers()).toEqual(['hashimoto.k', 'mori.d']);
  await home.does('mori.d', 'receive_consultation', {
    route: 'gathering_place', name: '川辺 トミ', kana: 'かわべ とみ', commonName: 'おトミさん', formerName: '', birthDate: '昭和18年11月3日', visitorName: '通いの場の世話人', visitorRelation: 'acquaintance',
    worryDetail: '四週間、通いの場に来ていない。訪ねると、長男が十五年部屋から出ていないと打ち明けた。', householdType: 'aged_parent_child', worries: ['withdrawal', 'care', 'income'], mainWorry: 'withdrawal',
    household: [{ name: '川辺 進', kana: 'かわべ すすむ', relation: 'child', sex: 'male', birthDate: '昭和48年頃', cohabit: 'together', keyPerson: false, consentStatus: 'considering' }],
    consent: { types: ['record', 'share'], scopeAgencies: [{ agency: 'welfare_policy', answer: 'agreed' }], scopeItems: ['basic', 'family'], householdMembers: [{ name: '川辺 進', answer: 'considering' }], method: 'written', explained: ['purpose', 'scope', 'period', 'withdrawal'], explainedBy: '森 大輔', explainedOn: '令和8年5月11日', validFrom: '令和8年5月11日', signedBy: '川辺 トミ', signedOn: '令和8年5月11日' },
  });
  return home;
}

/** When the day of monitoring comes, each agency says how it goes. */
async function isMonitored(home: Household, clock: string, monitoringResult: string): Promise<void> {
  await home.passes(clock);
  await home.eachDoes(team, 'report_status');
  await home.does('sato.h', 'monitor_progress', { monitoringResult, nextMonitorOn: office.dayIn(45) });
}

async function findsAPlace(home: Household): Promise<void> {
  office.tells('参加支援員の井上さんが、息子の進さんの話を聞く。母の同意で、息子のことをどこかに話すことはできない。受入先に話すのは、進さん本人が同意したあとになる。');
  // 井上 of the 参加支援 hears what the son wants. It is his support: what his mother agreed to lets no place be told of him.
  const { households } = await home.reads<{ households: { members: { clientId: string; relation: string; name: string }[] }[] }>('inoue.t', 'household');
  const son = households.flatMap(({ members }) => members).find(({ relation }) => relation === 'child')!;
  await home.does('inoue.t', 'hear_wishes', { personId: son.clientId, wish: '人と話すのは苦手だけれど、喫茶店の裏方なら手伝ってみたい。', age: 53 });
  await home.does('inoue.t', 'plan_participation');
  await home.does('inoue.t', 'search_resources', { resourceFound: 'found' });
  await home.does('inoue.t', 'confirm_sharing_consent', { sharingConsent: 'yes', placeName: '喫茶ひだまり（就労体験）', scopeItems: ['basic'] });
  const trials = [{ triedOn: office.dayIn(4), place: '喫茶ひだまり（就労体験）', accompany: '参加支援員', feedbackSelf: '洗い場なら落ち着けた。', feedbackHost: '1時間ほど食器を洗ってくれた。' }];
  await home.does('inoue.t', 'carry_out_trial', { trialResult: 'fit', trials });
  expect(await office.desk.sql(`select distinct c.subject, c.member_name from disclosure d join consent c on c.id = d.consent_id where d.case_id = $1 and d.to_kind = 'place'`, [home.caseId])).toEqual([{ subject: 'member', member_name: '川辺 進' }]);

  // He begins on the 1st of September, some weeks after it was agreed. From that day she looks in after two weeks, one, three and six months.
  await home.does('inoue.t', 'confirm_match', { matches: [{ resourceNo: 'S-0032', startOn: '令和8年9月1日', frequency: '週2回（月・木の午後）', role: '洗い場と掃除', receiverStaff: '店長' }] });
  await isMonitored(home, 'wait_first_monitoring', 'on_track');
  const visits: string[] = [];
  const looksIn = async (after: string, settlingResult: string, selfVoice: string): Promise<void> => {
    await home.passes('wait_follow_up', `喫茶店に通い始めて${after}`);
    visits.push(office.today());
    await home.does('inoue.t', 'support_settling', { settlingResult, plannedOn: office.today(), heldOn: office.today(), selfVoice, ...(settlingResult === 'stable' ? { stableOn: office.today() } : {}) });
  };
  await looksIn('2週間', 'continuing', '「洗い場は静かで、落ち着く」');
  await looksIn('1か月', 'continuing', '「店長に、手が早いと言われた」');
  await isMonitored(home, 'wait_next_monitoring', 'on_track');
  await looksIn('3か月', 'continuing', '「コーヒーの淹れ方を習っている」');
  await looksIn('6か月', 'stable', '「来月も行く。母さんにも飲ませたい」');
  expect(visits).toEqual(['2026-09-15', '2026-10-01', '2026-12-01', '2027-03-01']);
  await home.does('inoue.t', 'evaluate_settling', { stableOn: visits.at(-1)! });
  const { participations } = await home.reads<{ participations: object[] }>('inoue.t', 'participation');
  expect(participations).toMatchObject([{ clientId: son.clientId, planNo: `${home.caseNo}-P1`, stage: 'ended', outcome: 'settled', connectedOn: '2026-09-15', stableOn: '2027-03-01', matches: [{ resourceNo: 'S-0032', place: '喫茶ひだまり（就労体験）', frequency: '週2回（月・木の午後）' }], followUps: visits.map((heldOn, at) => ({ round: at + 1, heldOn })) }]);
}

test('an 8050 household: noticed at the 通いの場, planned for within the consent, a place for the son, and somebody who goes on when it is closed', async () => {
  const home = await isNoticed();
  await home.comesToCoordinator('mori.d', 'ishikawa.r');

  office.tells('トミさんは、関わる機関どうしが話すことに同意した。ただし民生委員には話さないでほしい。いとこだから。');
  // She agrees that they talk to each other, but not to the 民生委員 of her street, who is her cousin.
  await home.does('sato.h', 'check_consent', {
    consentState: 'partial', excludedGroups: [commissioners], scopeAgencies: [...['welfare_policy', 'shakyo', 'chiiki_houkatsu', ...team].map((agency) => ({ agency, answer: 'agreed' })), { agency: 'commissioners', answer: 'excluded' }],
    householdMembers: [{ name: '川辺 進', kana: 'かわべ すすむ', relation: 'child', answer: 'agreed', note: '戸越しに説明し、紙に名前を書いて差し出した。' }],
  });
  const insiders = ['fukuda.r', 'hashimoto.k', 'hayashi.m', 'inoue.t', 'ishikawa.r', 'mori.d', 'nakamura.m', 'sato.h', 'yamaguchi.n', 'yamamoto.m'];
  expect(await home.readers()).toEqual(insiders);

  office.tells('プランをつくる。民生委員を招こうとした開催の手配は、同意の外なので事務局に戻ってくる。');
  // The plan: 高齢福祉課 leads. A list that invites the 民生委員 comes back to the meeting's office; without her it goes out.
  await home.getsAssessed(team);
  await home.getsPlanned(team, 'elderly_welfare', { useParticipation: 'yes', ...planDaysFrom(new Date(`${office.today()}T12:00:00+09:00`), 12) });
  await home.does('yamamoto.m', 'arrange_meeting', { memberGroups: [groupOf('elderly_welfare'), commissioners], meetingAt: `${office.dayIn(8)}T14:00+09:00` });
  expect(await home.inbox('yamamoto.m')).toEqual(['arrange_meeting']);
  await home.confers(team, 'hold_plan_meeting', { meetingResult: 'suitable' });

  // Who wrote the plan does not approve it: the decision is the city's.
  expect([await home.inbox('sato.h'), await home.inbox('nakamura.m')]).toEqual([[], ['decide_support']]);
  await home.isDecided(team);
  const plans = async () => (await home.reads<{ plans: Plan[] }>('sato.h', 'plans')).plans;
  const [decided] = await plans();
  expect(decided).toMatchObject({ version: 1, status: 'decided', longGoal: words.texts['longGoal'], goals: words.goals.map(([goal]) => ({ goal })) });
  await expect(office.desk.sql(`update plan set long_goal = '別の目標'`)).rejects.toThrow('is decided and does not change');
  const { parts } = await home.reads<{ parts: { role: string; agencyCode: string }[] }>('sato.h', 'roles');
  expect(parts.map(({ role, agencyCode }) => `${role} ${agencyCode}`)).toEqual(['lead elderly_welfare', 'cooperating self_reliance', 'coordinator welfare_policy']);

  await findsAPlace(home);

  office.tells('春のモニタリング。母はデイサービスに、息子は喫茶店の裏方に、それぞれ通い続けている。');
  // At the third monitoring the end is in sight.
  await isMonitored(home, 'wait_next_monitoring', 'closing');
  await home.does('sato.h', 'prepare_evaluation');
  await home.isClosed(team, { closureReason: 'handed_over', followUp: 'yes' });
  await home.passes('wait_follow_up');
  await home.does('ishikawa.r', 'confirm_stability', { stability: 'stable' });

  office.tells('終結から三か月後も、二人の暮らしは続いている。これからは高齢福祉課が伴走する。');
  office.isWritten();
  // Three months after the end all is well. The plan says what it said on the day it was decided; the list of what was told is whole.
  const said = ({ goals, roles, longGoal }: Plan) => ({ goals, roles, longGoal });
  const [ended] = await plans();
  expect(ended).toMatchObject({ version: 1, status: 'ended' });
  expect(said(ended!)).toEqual(said(decided!));
  const { closures } = await home.reads<{ closures: object[] }>('sato.h', 'evaluations');
  expect(closures).toMatchObject([{ reason: 'handed_over', leadAgency: 'elderly_welfare', leadAgencyName: '高齢福祉課', handedOver: true, decidedByName: '中村 誠', checks: [{ stability: 'stable' }] }]);
  const { disclosures } = await home.reads<{ disclosures: { toName: string; legalBasis: string }[] }>('sato.h', 'disclosures');
  expect([...new Set(disclosures.map(({ toName }) => toName))].toSorted()).toEqual(['喫茶ひだまり（就労体験）', '地域包括支援センター', '生活困窮者自立支援機関', '社会福祉協議会', '福祉政策課', '高齢福祉課'].toSorted());
  // all by consent; and 社会福祉協議会 carries the 参加支援 for the city
  expect(new Set(disclosures.map(({ toName, legalBasis }) => (legalBasis === '69-2-1' ? legalBasis : `${toName} ${legalBasis}`)))).toEqual(new Set(['69-2-1', '社会福祉協議会 66-2']));
  expect(await home.standing()).toEqual({ status: 'closed', closeReason: 'handed_over', incidents: 0 });
  expect(await home.processes()).toEqual(['closure_evaluation ended', 'closure_follow_up ended', 'coordination_main ended', 'intake_screening ended', 'meeting ended', 'meeting ended', 'meeting_decision ended', 'meeting_decision ended', 'monitor_replan ended', 'participation ended']);
  expect(await home.readers()).toEqual(insiders);

  expect(await home.chronology('sato.h')).toEqual([
    'opened', '相談受付・申込票（同意あり）', ...told.referred, '本人同意書', ...told.assessed, ...told.planned, ...told.met, ...told.decided,
    '参加支援プラン（受付・希望）', '参加支援プラン', '参加支援プラン（資源検討）', '本人同意書（参加支援受入先への提供）', '参加支援プラン（お試し）', '参加支援プラン（マッチング）', ...told.monitored, '参加支援プラン（定着支援）', ...told.monitored, '参加支援プラン（定着支援）', '参加支援プラン（定着の評価）', ...told.monitored, '評価の準備（中間・終結）', ...told.evaluated, ...told.met, ...told.closed, '終結後の安定の確認',
  ]);
}, 300_000);
