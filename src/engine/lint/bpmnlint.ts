// Rules of bpmnlint that are about running, not about style.
import bpmnlint from 'bpmnlint';
import eventBasedGateway from 'bpmnlint/rules/event-based-gateway.js';
import typedStart from 'bpmnlint/rules/event-sub-process-typed-start-event.js';
import linkEvent from 'bpmnlint/rules/link-event.js';
import doubleFlows from 'bpmnlint/rules/no-duplicate-sequence-flows.js';
import blankStart from 'bpmnlint/rules/sub-process-blank-start-event.js';
import type { Refusal } from '../model.js';
import { refuse, type Element } from './support/diagram.js';

const rules: Readonly<Record<string, { rule: unknown; message: string }>> = {
  'event-based-gateway': { rule: eventBasedGateway, message: 'イベントゲートウェイの先は、待つイベントか受信タスクを二つ以上にしてください' },
  'event-sub-process-typed-start-event': { rule: typedStart, message: 'イベントサブプロセスの開始イベントには種類が要ります' },
  'link-event': { rule: linkEvent, message: 'リンクイベントは、同じ名前の出どころと行き先の組にしてください' },
  'no-duplicate-sequence-flows': { rule: doubleFlows, message: '同じ所を結ぶ同じ条件のフローが重なっています' },
  'sub-process-blank-start-event': { rule: blankStart, message: 'サブプロセスの開始イベントには種類を付けられません' },
};

interface Report {
  id?: string;
}

const linter = new bpmnlint.Linter({
  config: { rules: Object.fromEntries(Object.keys(rules).map((name) => [name, 'error'])) },
  resolver: { resolveRule: (_package: string, name: string) => rules[name]?.rule, resolveConfig: () => null },
});

/** Refusals named as bpmnlint names its rules, for the elements of the process that will run. */
export async function bpmnlintRefusals(process: Element, ids: ReadonlySet<string>): Promise<Refusal[]> {
  const results = (await linter.lint(process)) as Record<string, Report[]>;
  return Object.entries(results).flatMap(([name, reports]) => reports.filter(({ id }) => id === undefined || ids.has(id)).map(({ id }) => refuse(name, id ?? null, rules[name]?.message ?? name)));
}
