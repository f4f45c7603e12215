// Every path of 漏えい等事故への対応.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { calendar, done, monday, readDiagram } from './walk.js';

const known = { caseId: null, incidentId: '0190aaaa-0000-7000-8000-000000000001', incidentKind: 'lost', noticedOn: '2026-05-11', managerGroup: 'grp.manager.shakyo', malicious: 'no', finalDays: '30', preliminaryDueOn: '2026-05-14', preliminaryDueIn: 'PT309600S', finalDueOn: '2026-06-10', finalDueIn: 'PT2642400S' };
const reports = [done('report_preliminary'), done('report_final')];

walkPaths(await readDiagram('personal_data_incident'), { variables: known }, [
  {
    title: 'at once the chair has the preliminary report, due on the day of the law, and the manager of the agency has to tell the people', moves: [], waits: ['report_preliminary', 'tell_persons'],
    check: ({ waits }) => {
      const of = (id: string) => waits.find(({ elementId }) => elementId === id)!.task!;
      expect([of('report_preliminary').candidateGroups, of('tell_persons').candidateGroups]).toEqual([['grp.chair'], ['grp.manager.shakyo']]);
      expect(calendar.add(monday, of('report_preliminary').deadline!.dueIn)).toEqual(new Date('2026-05-15T00:00:00+09:00'));
      expect([of('report_preliminary').neverPaused, of('tell_persons').neverPaused]).toEqual([true, true]);
    },
  },
  { title: 'the final report waits for nobody to be told', moves: [done('report_preliminary')], waits: ['report_final', 'tell_persons'] },
  { title: 'an agency that nobody leads: the chair tells the people', begin: { variables: { managerGroup: null } }, moves: [], waits: ['report_preliminary', 'tell_persons'], check: ({ waits }) => expect(waits.map(({ task }) => task!.candidateGroups)).toEqual([['grp.chair'], ['grp.chair']]) },
  { title: 'reported and told, it is over', moves: [...reports, done('tell_persons')], ends: 'end_reported' },
  { title: 'told first, it is over with the final report', moves: [done('tell_persons', { toldHow: 'not_needed', whyNot: '暗号化されていた' }), ...reports], ends: 'end_reported' },
], { days: 31, elements: ['report_final'] });
