// 転出: a mother and her little son are being supported; then they move to another city.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openOffice, told, type Office, type Words } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00', { page: 'moves-away', title: '隣の市へ' });
}, 300_000);
afterAll(() => office?.close());

const team = ['child_family_centre', 'self_reliance'];
const words: Words = {
  goals: [['家賃の分納を続ける', '3か月分の領収書'], ['保育所が決まる', '入所の通知']],
  issues: [['家賃の滞納', '母', '大家との話合いと給付金の申請'], ['子の預け先', '子', '保育の申込みに同行']],
  notes: ['分納の約束を大家と交わした。陽向さんは元気に走り回っていた。', '姉の家に泊まり、仕事の面接を受けたとのこと。'],
  texts: {
    mainComplaint: '家賃を払いたい。働きたいけれど、預け先がない。', familyComplaint: '（子は3歳）', familyNote: '離婚して一年。実家とは疎遠で、姉が隣の市にいる。', summary: '家賃と保育が同時に行き詰まっている。住まいを守りながら働ける形をつくる。', householdPicture: '29歳の母と3歳の息子の二人暮らし。',
    background: '離婚のあと一人で育ててきた。', longGoal: '母子が住まいを失わず、母が働き始める。', wishes: '「この子と静かに眠れる部屋がほしい」（本人）', direction: '家賃の分納と保育の申込みを並べて進める。', discussion: '大家には自立相談支援機関が同席する。',
  },
};
const agreed = { consentState: 'full', scopeAgencies: ['welfare_policy', ...team].map((agency) => ({ agency, answer: 'agreed' })), scopeItems: ['basic', 'family', 'progress', 'meeting'], householdMembers: [] };

test('a family that moves away is handed over on a basis that is named, nothing else goes on meanwhile, and the city decides the end', async () => {
  office.tells('久保美咲さん（29歳）が、3歳の息子を連れてこども家庭センターに来た。家賃が三か月払えていない。');
  // 久保 美咲, 29, comes to こども家庭センター with her son of three: rent is owing, and she is on her own.
  const family = await office.takes('kondo.a', { field: 'child', channel: 'desk' }, words);
  await family.does('kondo.a', 'receive_consultation', {
    receivedAgency: 'child_family_centre', receivedBy: '近藤 梓', field: 'child', channel: 'desk', route: 'self_visit', visitorIsSubject: 'yes',
    name: '久保 美咲', kana: 'くぼ みさき', commonName: '', formerName: '', birthDate: '平成8年7月9日', sex: 'female', householdType: 'single_parent', worries: ['income', 'child_rearing', 'rent_loan'], mainWorry: 'rent_loan', worryDetail: '家賃を三か月払えていない。頼れる人が近くにいない。',
    household: [{ name: '久保 陽向', kana: 'くぼ ひなた', relation: 'child', sex: 'male', birthDate: '令和5年4月2日', cohabit: 'together', keyPerson: false, consentStatus: 'not_explained' }],
    consent: { types: ['record', 'share'], scopeAgencies: [{ agency: 'welfare_policy', answer: 'agreed' }], scopeItems: ['basic', 'family'], householdMembers: [], method: 'written', explained: ['purpose', 'scope', 'period', 'withdrawal'], explainedBy: '近藤 梓', explainedOn: '令和8年5月11日', validFrom: '令和8年5月11日', signedBy: '久保 美咲', signedOn: '令和8年5月11日' },
  });
  await family.comesToCoordinator('kondo.a', 'kondo.a');
  await family.does('sato.h', 'check_consent', agreed);
  await family.getsAssessed(team);
  await family.getsPlanned(team, 'child_family_centre');
  await family.confers(team, 'hold_plan_meeting', { meetingResult: 'suitable' });
  await family.isDecided(team);
  const { parts } = await family.reads<{ parts: { role: string; agencyCode: string }[] }>('sato.h', 'roles');
  expect(parts.find(({ role }) => role === 'lead')).toMatchObject({ agencyCode: 'child_family_centre' });

  office.tells('三週間後、電話があった。隣の市の姉の近くで仕事が見つかり、8月末に引っ越すという。ほかの仕事は、行き先への引継ぎが決まるまで止まる。');
  // Three weeks later she telephones: she has found work near her sister, in the next city, and moves at the end of August.
  office.days(21);
  expect((await family.files('kondo.a', 'exit_notice', { exitKind: 'moved', howKnown: 'subject', occurredOn: '2026-08-31', detail: '隣の市の姉の近くで仕事が決まった。8月末に転居する。' })).status).toBe(201);
  await family.does('sato.h', 'register_exit', { exitKind: 'moved', occurredOn: '2026-08-31', detail: '隣の市へ転居。子も一緒に移る。', householdNow: '二人で移る。市内に残る者はいない。' });
  expect(await family.processes()).toEqual(['coordination_main suspended', 'intake_screening ended', 'interruption active', 'meeting ended', 'meeting_decision ended', 'monitor_replan suspended']);

  office.tells('よその市に話すには根拠がいる。根拠のない引継ぎも、同意していない健康のことも、送れない。');
  // Nothing goes to the other city on nothing, nor on a consent that never spoke of health.
  expect(await family.mayNot('sato.h', 'hand_over_to_city', { handoverBasis: 'law', legalBasis: '' })).toEqual([422, 'form_invalid']);
  expect(await family.mayNot('sato.h', 'hand_over_to_city', { handoverBasis: 'consent', items: ['health'] })).toEqual([409, 'handover_basis_missing']);
  await family.does('sato.h', 'hand_over_to_city', { toMunicipality: '隣の市 福祉総合相談窓口', legalReason: '転居の直後に家賃の相談が途切れると、住まいを失うおそれが大きい。本人も急いでほしいと話す。', items: ['basic', 'family'], summary: '家賃の分納を決め、保育の申込みをしたところで転居が決まった。', remaining: '保育所の空き' });
  const { disclosures } = await family.reads<{ disclosures: object[] }>('sato.h', 'disclosures');
  expect(disclosures[0]).toMatchObject({ toKind: 'authority', toCode: 'other_municipality', items: ['basic', 'family'], legalBasis: '69-2-4', byName: '佐藤 遥' });
  expect((await family.reads<{ exits: object[] }>('sato.h', 'exits')).exits).toMatchObject([{ kind: 'moved', occurredOn: '2026-08-31' }]);

  office.tells('動いていたものは転出で終わる。終結は、支えてきた機関が評価し、市が決める。');
  // What was going on ends with the reason; the family's own end is looked at by those who supported them, and decided by the chair.
  expect(await family.processes()).toEqual(['closure_evaluation active', 'coordination_main cancelled', 'intake_screening ended', 'interruption ended', 'meeting ended', 'meeting_decision ended', 'monitor_replan cancelled']);
  await family.isClosed(team, { closureReason: 'moved_out', followUp: 'no' }, { handover: { handoverKind: 'municipality', toName: '隣の市 福祉総合相談窓口', summary: '家賃の分納を決め、保育の申込みをしたところで転居が決まった。', remaining: '保育所の空き', watchRules: '家賃の分納が止まったら、隣の市の窓口が大家に連絡する。', resumePolicy: '仕事が続かないとき、母子が市内に戻るとき。' } });
  expect(await family.standing()).toEqual({ status: 'closed', closeReason: 'moved_out', incidents: 0 });
  const { closures } = await family.reads<{ closures: object[] }>('sato.h', 'evaluations');
  expect(closures).toMatchObject([{ reasonName: '転出', leadAgency: null, handedOver: true, handedTo: '隣の市 福祉総合相談窓口', decidedByName: '中村 誠' }]);
  expect((await family.processes()).filter((line) => line.endsWith(' active'))).toEqual([]);

  office.isWritten();
  expect(await family.readers()).toEqual(['fukuda.r', 'kondo.a', 'nakamura.m', 'sato.h', 'yamamoto.m']);
  expect(await family.chronology('sato.h')).toEqual([
    'opened', '相談受付・申込票（同意あり）', ...told.referred, '本人同意書', ...told.assessed, ...told.planned, ...told.met, ...told.decided,
    '中断・転出・死亡・保留等の届', '中断等の事由の登録', '引継書（転出先自治体）', ...told.evaluated, ...told.met, ...told.closed,
  ]);
}, 300_000);
