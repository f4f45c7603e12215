// P08b: every path of 終結後の確認.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { calendar, done, fire, monday, readDiagram } from './walk.js';

const lead = 'grp.sectionLead.chiiki_houkatsu';
const known = { caseId: '0190aaaa-0000-7000-8000-000000000001', field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', leadGroup: lead, urgency: 'none' };
const looked = (stability: string) => [fire('wait_follow_up'), done('confirm_stability', { stability })];

walkPaths(await readDiagram('closure_follow_up'), { variables: known }, [
  {
    title: 'three months after the closure whoever accompanies is asked', moves: [fire('wait_follow_up')], waits: ['confirm_stability'],
    check: ({ now, waits }) => {
      expect(now).toEqual(calendar.add(monday, 'P3M'));
      expect(waits[0]!.task!.candidateGroups).toEqual([lead]);
    },
  },
  { title: 'they confirm that all is well', moves: looked('stable'), ends: 'end_stable' },
  { title: 'a case that needs support again is opened again', moves: looked('needs_support'), ends: 'reopened', thrown: ['case_reopened', 'referral_to_coordination'] },
  { title: 'what was opened again meanwhile is not opened twice', begin: { variables: { caseReopened: true } }, moves: looked('needs_support'), ends: 'end_stable' },
], { days: 92, elements: ['wait_follow_up'] });
