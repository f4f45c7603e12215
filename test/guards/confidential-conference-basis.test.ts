// Guard: a 支援会議 records its legal basis (社会福祉法106条の6) and why consent is missing. See also test/http/confidential-meetings.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { desk, elderly, held, openTheDesk } from '../http/confidential-desk.js';
import { begin, codeOf, redraw, refusalOf, shippedDiagram, shippedForm, spoilt, withField, type Form } from './redraw.js';

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

interface Case {
  caseNo: string;
  caseId: string;
}

const card = sampleOf('confidential_route', 'judge_applicability');
const meetings = ({ caseId }: Case) => desk.sql<{ basis: string; missing: string[] }>(`select t.legal_basis as basis, t.consent_missing as missing from meeting t join meeting_case c on c.meeting_id = t.id where c.case_id = $1 and t.kind = 'confidential'`, [caseId]);
const opens = async (): Promise<Case> => (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
const arrangement = (said: Record<string, Json>) => ({ ...sampleOf('meeting', 'arrange_meeting'), kind: 'confidential', memberGroups: [elderly], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z', ...said });

describe('a confidential conference records its legal basis and why consent is missing', () => {
  test.each([
    ['no basis', { legalBasis: null }], ['an empty basis', { legalBasis: '' }], ['the basis of a consent', { legalBasis: '69-2-1' }], ['a basis in words', { legalBasis: '社会福祉法106条の6' }],
    ['no reason', { consentMissing: [] }], ['nothing for a reason', { consentMissing: null }], ['a reason that is none', { consentMissing: ['because'] }], ['an empty reason', { consentMissing: [''] }], ['a reason beside one that is none', { consentMissing: ['refused', 'because'] }],
  ] as [string, Record<string, Json>][])('API with %s neither card nor arrangement convenes one', async (_what, said) => {
    const case_ = await opens();
    if (!(await desk.sql(`select 1 from process_definition where key = 'basis_asked'`)).length) {
      await redraw(desk.two.app, 'basis_asked', [{ id: 'judge_applicability', group: 'grp.chair', form: shippedForm('confidential_route', 'judge_applicability') }]);
      await redraw(desk.two.app, 'basis_arranged', [{ id: 'arrange_meeting', group: 'grp.meetingOffice', form: shippedForm('meeting', 'arrange_meeting') }]);
    }
    await begin(desk, 'basis_asked', case_);
    expect(codeOf(await desk.tries('nakamura.m', case_.caseNo, 'judge_applicability', { ...card, ...said }))).toBe('form_invalid');
    await begin(desk, 'basis_arranged', case_, { kind: 'confidential', caseIds: [case_.caseId], legalBasis: '106-6', consentMissing: ['refused'] });
    expect(['form_invalid', 'legal_basis_missing']).toContain(codeOf(await desk.tries('yamamoto.m', case_.caseNo, 'arrange_meeting', arrangement({ legalBasis: '106-6', consentMissing: ['refused'], ...said }))));
    expect(await meetings(case_)).toEqual([]);
  });

  test.each(['legalBasis', 'consentMissing', 'applicability', 'facts'])('FORM the card cannot be deployed with %s taken out, renamed or left open', async (field) => {
    const forms = Object.fromEntries((await desk.sql<{ forms: Record<string, Form> }>(`select forms from process_definition where key = 'confidential_route' order by version desc limit 1`)).flatMap((row) => Object.entries(row.forms)));
    for (const [what, change] of spoilt) {
      if (field === 'facts' && what === 'an option renamed') continue;
      expect([what, await refusalOf(desk.two.app, shippedDiagram('confidential_route'), { ...forms, judge_applicability: withField(forms['judge_applicability']!, field, change) })]).toEqual([what, expect.stringContaining(field)]);
    }
  });

  test('FORM a default that is set answers for nobody, and a field that is hidden convenes nothing', async () => {
    const form = shippedForm('confidential_route', 'judge_applicability');
    const preset = withField(withField(withField(form, 'legalBasis', (one) => ({ ...one, defaultValue: '106-6' })), 'consentMissing', (one) => ({ ...one, defaultValue: ['refused'] })), 'applicability', (one) => ({ ...one, defaultValue: 'applicable' }));
    const hidden = withField(form, 'consentMissing', (one) => ({ ...one, conditional: { hide: '=true' } }));
    await redraw(desk.two.app, 'basis_preset', [{ id: 'judge_applicability', group: 'grp.chair', form: preset }]);
    await redraw(desk.two.app, 'basis_hidden', [{ id: 'judge_applicability', group: 'grp.chair', form: hidden }]);
    const [one, other] = [await opens(), await opens()];
    await begin(desk, 'basis_preset', one);
    const nakamura = await desk.as('nakamura.m');
    const [task] = (await nakamura.get(`/api/tasks?view=all&case=${one.caseNo}&elementId=judge_applicability`).expect(200)).body.tasks;
    for (const answers of [{}, { facts: '様子が見えない' }, { ...card, legalBasis: undefined }, { ...card, consentMissing: undefined }]) expect(codeOf(await nakamura.post(`/api/tasks/${task.id}/complete`, { version: task.version, answers }))).toBe('form_invalid');
    await begin(desk, 'basis_hidden', other);
    expect(codeOf(await desk.tries('nakamura.m', other.caseNo, 'judge_applicability', { ...card, consentMissing: null }))).toBe('legal_basis_missing');
    for (const case_ of [one, other]) expect(await meetings(case_)).toEqual([]);
  });

  test('DIAGRAM a step that hands the basis over as a variable is not believed', async () => {
    const case_ = await opens();
    await begin(desk, 'meeting_requested', case_, { caseId: case_.caseId, caseIds: [case_.caseId], kind: 'confidential', urgency: 'urgent', legalBasis: '106-6', consentMissing: ['no_time'], applicability: 'applicable' });
    expect(codeOf(await desk.tries('yamamoto.m', case_.caseNo, 'arrange_meeting', arrangement({ legalBasis: null, consentMissing: null })))).toBe('legal_basis_missing');
    expect(await meetings(case_)).toEqual([]);
  });

  test('TWO AT ONCE of one with its basis and one without, only that with its basis stands', async () => {
    const case_ = await opens();
    for (let round = 0; round < 2; round += 1) await begin(desk, 'meeting_requested', case_, { caseId: case_.caseId, caseIds: [case_.caseId], kind: 'confidential', urgency: 'urgent' });
    const yamamoto = await desk.as('yamamoto.m');
    const tasks = (await yamamoto.get(`/api/tasks?view=all&case=${case_.caseNo}&elementId=arrange_meeting`).expect(200)).body.tasks as { id: string; version: number }[];
    const [bare, founded] = [arrangement({}), arrangement({ legalBasis: '106-6', consentMissing: ['no_time', 'no_contact'] })].map((answers) => Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== null)));
    await Promise.all([yamamoto.post(`/api/tasks/${tasks[0]!.id}/complete`, { version: tasks[0]!.version, answers: bare }), yamamoto.post(`/api/tasks/${tasks.at(-1)!.id}/complete`, { version: tasks.at(-1)!.version, answers: founded })]);
    for (const meeting of await meetings(case_)) expect(meeting).toEqual({ basis: '106-6', missing: ['no_time', 'no_contact'] });
  });

  test('what was told there is written down under article 106-6 with the meeting that it was told in', async () => {
    const worry = await held();
    const told = await desk.sql<{ basis: string; meeting: string; consent: string | null }>(`select legal_basis as basis, meeting_id::text as meeting, consent_id::text as consent from disclosure where case_id = $1`, [worry.caseId]);
    expect(told.length).toBeGreaterThan(1);
    for (const line of told) expect(line).toEqual({ basis: '106-6', meeting: worry.meetingId, consent: null });
    expect(await meetings(worry)).toEqual([{ basis: '106-6', missing: card['consentMissing'] }]);
  }, 180_000);
});
