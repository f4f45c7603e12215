// 転出: a mother and her little son are being supported; then they move to another city.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openOffice, told, type Office } from './office.js';

let office: Office;
beforeAll(async () => {
  office = await openOffice('2026-05-11T10:00:00+09:00');
}, 180_000);
afterAll(() => office?.close());

const team = ['child_family_centre', 'self_reliance'];
const agreed = { consentState: 'full', scopeAgencies: ['welfare_policy', ...team].map((agency) => ({ agency, answer: 'agreed' })), scopeItems: ['basic', 'family', 'progress', 'meeting'], householdMembers: [] };

test('a family that moves away is handed over on a basis that is named, nothing else goes on meanwhile, and the city decides the end', async () => {
  // 久保 美咲, 29, comes to こども家庭センター with her son of three: rent is owing, and she is on her own.
  const family = await office.takes('kondo.a', { field: 'child', channel: 'desk' });
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

  // Three weeks later she telephones: she has found work near her sister, in the next city, and moves at the end of June.
  office.days(21);
  expect((await family.files('kondo.a', 'exit_notice', { exitKind: 'moved', howKnown: 'subject', occurredOn: '2026-06-30', detail: '隣の市の姉の近くで仕事が決まった。6月末に転居する。' })).status).toBe(201);
  await family.does('sato.h', 'register_exit', { exitKind: 'moved', occurredOn: '2026-06-30', detail: '隣の市へ転居。子も一緒に移る。', householdNow: '二人で移る。市内に残る者はいない。' });
  expect(await family.processes()).toEqual(['coordination_main suspended', 'intake_screening ended', 'interruption active', 'meeting ended', 'meeting_decision ended', 'monitor_replan suspended']);

  // Nothing goes to the other city on nothing, nor on a consent that never spoke of health.
  expect(await family.mayNot('sato.h', 'hand_over_to_city', { handoverBasis: 'law', legalBasis: '' })).toEqual([422, 'form_invalid']);
  expect(await family.mayNot('sato.h', 'hand_over_to_city', { handoverBasis: 'consent', items: ['health'] })).toEqual([409, 'handover_basis_missing']);
  await family.does('sato.h', 'hand_over_to_city', { toMunicipality: '隣の市 福祉総合相談窓口', legalReason: '転居の直後に家賃の相談が途切れると、住まいを失うおそれが大きい。本人も急いでほしいと話す。', items: ['basic', 'family'], summary: '家賃の分納を決め、保育の申込みをしたところで転居が決まった。', remaining: '保育所の空き' });
  const { disclosures } = await family.reads<{ disclosures: object[] }>('sato.h', 'disclosures');
  expect(disclosures[0]).toMatchObject({ toKind: 'authority', toCode: 'other_municipality', items: ['basic', 'family'], legalBasis: '69-2-4', byName: '佐藤 遥' });
  expect((await family.reads<{ exits: object[] }>('sato.h', 'exits')).exits).toMatchObject([{ kind: 'moved', occurredOn: '2026-06-30' }]);

  // What was going on ends with the reason; the family's own end is looked at by those who supported them, and decided by the chair.
  expect(await family.processes()).toEqual(['closure_evaluation active', 'coordination_main cancelled', 'intake_screening ended', 'interruption ended', 'meeting ended', 'meeting_decision ended', 'monitor_replan cancelled']);
  await family.isClosed(team, { closureReason: 'moved_out', followUp: 'no' });
  expect(await family.standing()).toEqual({ status: 'closed', closeReason: 'moved_out', incidents: 0 });
  const { closures } = await family.reads<{ closures: object[] }>('sato.h', 'evaluations');
  expect(closures).toMatchObject([{ reasonName: '転出', leadAgency: null, handedOver: true, handedTo: '隣の市 福祉総合相談窓口', decidedByName: '中村 誠' }]);
  expect((await family.processes()).filter((line) => line.endsWith(' active'))).toEqual([]);

  expect(await family.readers()).toEqual(['fukuda.r', 'kondo.a', 'nakamura.m', 'sato.h', 'yamamoto.m']);
  expect(await family.chronology('sato.h')).toEqual([
    'opened', '相談受付・申込票（同意あり）', ...told.referred, '本人同意書', ...told.assessed, ...told.planned, ...told.met, ...told.decided,
    '中断・転出・死亡・保留等の届', '中断等の事由の登録', '引継書（転出先自治体）', ...told.evaluated, ...told.met, ...told.closed,
  ]);
}, 120_000);
