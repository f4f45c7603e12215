// P13: every path of 業務手順の改定. That nobody approves their own draft, and what becomes of an approved one: test/guards/
// what-is-approved-is-deployed.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, readDiagram } from './walk.js';

const diagram = await readDiagram('definition_change');
const tried = (trialOutcome: string) => [done('draft_change'), done('try_change', { trialOutcome })];
const approval = (said: string) => [...tried('good'), done('approve_change', { approval: said, ...(said === 'approve' ? {} : { approvalReason: '再考' }) })];

walkPaths(diagram, { variables: { changeId: null, caseId: null } }, [
  { title: 'a draft is tried before anybody is asked', moves: [done('draft_change')], waits: ['try_change'] },
  { title: 'what does not work is drafted again', moves: tried('mend'), waits: ['draft_change'] },
  { title: 'what works lies with the head of section for ten days', moves: tried('good'), waits: ['approve_change'], check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ candidateGroups: ['grp.chair'], deadline: { dueIn: '10BD' } }) },
  { title: 'approved, published with its day, and made known', moves: [...approval('approve'), done('publish_change'), done('tell_agencies')], ends: 'end_told' },
  { title: 'returned, it is drafted again', moves: approval('return'), waits: ['draft_change'] },
  { title: 'dropped, it ends', moves: approval('drop'), ends: 'end_dropped' },
], { days: 28, elements: ['draft_change', 'tell_agencies'] });
