// F15 推進会議 資料・評価表 and the figures (F87, ours).
import type { Tx } from '../../base/db.js';
import { agencyOfGroup } from '../agencies.js';
import { numberAt, refuseField, rowsAt, textAt, variableText } from '../records/answers.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { enterKpi, keepProgrammeEvaluation, takeSnapshot } from './annual.js';

const choice = ['radio', 'select'];

/** The year that the process is about. @throws Error where no process of it asks */
function yearOf(filed: Filed): string {
  const year = variableText(filed, 'fiscalYear');
  if (year === null) throw new Error('the process says no fiscalYear');
  return year;
}

const figures: RecordKind = {
  key: 'F87', title: 'KPI実績', compartment: 'office',
  needs: [{ at: 'entries[].kpi', types: ['select'], required: true }, { at: 'entries[].value', types: ['number'], required: true }, { at: 'noEntry', types: ['textarea'] }],
  async project(tx, filed) {
    const rows = rowsAt(filed.answers, 'entries');
    if (rows.length === 0 && textAt(filed.answers, 'noEntry') === null) refuseField('entries', '実績を入れるか、入力するものがない理由を書いてください。');
    const twice = rows.findIndex((row, at) => rows.findIndex((other) => other['kpi'] === row['kpi']) !== at);
    if (twice >= 0) refuseField(`entries/${twice}/kpi`, '同じ指標が二度あります。');
    const agencyCode = typeof filed.item === 'string' ? ((await agencyOfGroup(tx, filed.item)) ?? filed.by.agencyCode) : filed.by.agencyCode;
    for (const row of rows) await enterKpi(tx, { fiscalYear: yearOf(filed), quarter: variableText(filed, 'run') ?? 'year_end', kpi: textAt(row, 'kpi')!, value: numberAt(row, 'value') ?? 0, agencyCode, submissionId: filed.submissionId, enteredById: filed.by.userId });
    return {};
  },
};

const statistics: RecordKind = {
  key: 'F15.statistics', title: 'ケース統計の確定', compartment: 'office', needs: [],
  project: async (tx, filed) => ({ snapshotId: await takeSnapshot(tx, yearOf(filed), filed.by.userId) }),
};

async function keepAll(tx: Tx, filed: Filed): Promise<void> {
  const rows = rowsAt(filed.answers, 'evaluations');
  if (rows.length === 0) refuseField('evaluations', '評価を一つは入れてください。');
  for (const row of rows) {
    await keepProgrammeEvaluation(tx, { fiscalYear: yearOf(filed), programme: textAt(row, 'programme')!, indicator: textAt(row, 'indicator')!, target: numberAt(row, 'target'), actual: numberAt(row, 'actual'), grade: textAt(row, 'grade'), ownerAgency: textAt(row, 'owner'), submissionId: filed.submissionId });
  }
}

const evaluation: RecordKind = {
  key: 'F15', title: '推進会議 資料・評価表', compartment: 'office',
  needs: [
    { at: 'evaluations[].programme', types: choice, required: true }, { at: 'evaluations[].indicator', types: choice, required: true }, { at: 'evaluations[].target', types: ['number'] }, { at: 'evaluations[].actual', types: ['number'] },
    { at: 'evaluations[].grade', types: choice, options: ['A', 'B', 'C', 'D'], required: true }, { at: 'evaluations[].owner', types: choice },
  ],
  async project(tx, filed) {
    await keepAll(tx, filed);
    return {};
  },
};

const kept = (key: string, title: string, ...needs: FieldNeed[]): RecordKind => ({ key, title, compartment: 'office', needs });

export const annualRecords: readonly RecordKind[] = [
  figures, statistics, evaluation,
  kept('F15.issues', '地域課題の整理'),
  kept('F15.council', '推進会議 会議録', { at: 'councilJudgement', types: choice, options: ['agreed', 'amended'], required: true }),
  kept('F15.actions', '改善策・資源開発の担当'),
  kept('F15.report', '国・府への報告'),
  kept('F15.revision', '計画見直しの判断', { at: 'revision', types: choice, options: ['revise', 'none'], required: true }),
];
