// F15: what a case has taught (地域課題), and the look of a second person at it, on their way to the 推進会議.
import { Problem } from '../../base/problem.js';
import { textAt, textOf } from '../records/answers.js';
import type { RecordKind } from '../records/record.js';
import { issueReviewers, raiseIssue, reviewIssue, waitingIssue } from './issues.js';

const choice = ['radio', 'select'];
const words = ['textarea', 'textfield'];

const issue: RecordKind = {
  key: 'F15.issue', title: '地域課題の抽出', compartment: 'team', anytime: 'case',
  refuses: ['issue_identifies'], needs: [
    { at: 'issueRaised', types: choice, options: ['yes', 'no'], required: true }, { at: 'category', types: choice, required: true },
    { at: 'title', types: words, required: true }, { at: 'facts', types: words, required: true }, { at: 'noIssueReason', types: words, required: true },
  ],
  async project(tx, { answers, by, caseId, calendar, submissionId }) {
    if (caseId === null) throw new Problem('not_found');
    if (answers['issueRaised'] !== 'yes') return {};
    const raised = { caseId, category: textOf(answers, 'category'), area: textAt(answers, 'area'), title: textOf(answers, 'title'), facts: textOf(answers, 'facts'), wanted: textAt(answers, 'wanted') };
    return { issueId: await raiseIssue(tx, raised, by, calendar.onDate(tx.now), submissionId) };
  },
};

const review: RecordKind = {
  key: 'F15.issueReview', title: '地域課題の確認（匿名化）', compartment: 'team', anytime: { roles: issueReviewers },
  refuses: ['issue_identifies', 'issue_own_review'], needs: [{ at: 'issueReview', types: choice, options: ['approved', 'returned'], required: true }],
  async project(tx, { answers, by, caseId, variables }) {
    const { issueId } = variables;
    const named = textAt(answers, 'issueId') ?? (typeof issueId === 'string' ? issueId : caseId === null ? null : await waitingIssue(tx, caseId));
    if (named === null || !/^[0-9a-f-]{36}$/.test(named)) throw new Problem('not_found');
    await reviewIssue(tx, named, answers['issueReview'] === 'approved', textAt(answers, 'reviewNote'), by);
    return {};
  },
};

export const communityRecords: readonly RecordKind[] = [issue, review];
