// What a step costs: CPU per cold step (state from JSON, objects built anew) in diagrams of 30 and 300 tasks, and the size
// of the saved state. Prints, never asserts. Part of bench/step.
import { openCalendar } from '../src/base/calendar.js';
import { compile } from '../src/engine/executor/compile.js';
import type { StepResult } from '../src/engine/model.js';
import { step } from '../src/engine/step.js';
import { median, table } from './support/figures.js';

const calendar = openCalendar({ closesAt: '17:15', days: [] });
const rounds = 300;

/** Tasks in a row, each with a reminder; a question every fifth that may lead back. */
function diagram(tasks: number): string {
  const parts: string[] = ['<startEvent id="start"/>', '<endEvent id="end"/>', '<sequenceFlow id="f" sourceRef="start" targetRef="m0"/>'];
  for (let n = 0; n < tasks; n++) {
    const next = n + 1 < tasks ? `m${n + 1}` : 'end';
    parts.push(`<exclusiveGateway id="m${n}"/><userTask id="t${n}" camunda:candidateGroups="grp.intake"/><sequenceFlow id="a${n}" sourceRef="m${n}" targetRef="t${n}"/>`);
    parts.push(`<boundaryEvent id="b${n}" attachedToRef="t${n}" cancelActivity="false"><timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="e${n}"/><sequenceFlow id="c${n}" sourceRef="b${n}" targetRef="e${n}"/>`);
    if (n % 5 !== 4) parts.push(`<sequenceFlow id="g${n}" sourceRef="t${n}" targetRef="${next}"/>`);
    else parts.push(`<exclusiveGateway id="x${n}" default="d${n}"/><sequenceFlow id="g${n}" sourceRef="t${n}" targetRef="x${n}"/><sequenceFlow id="d${n}" sourceRef="x${n}" targetRef="${next}"/><sequenceFlow id="r${n}" sourceRef="x${n}" targetRef="m${n - 4}"><conditionExpression xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="tFormalExpression">=again</conditionExpression></sequenceFlow>`);
  }
  return `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="x" id="bench"><process id="p" isExecutable="true">${parts.join('')}</process></definitions>`;
}

async function measure(tasks: number, context: 'sliced' | 'full'): Promise<{ ms: number; mean: number; bytes: number }> {
  const definition = await compile(diagram(tasks));
  const now = new Date('2026-11-23T00:00:00Z');
  const first = step(definition, { state: null, variables: { again: false }, action: { kind: 'start' }, now, calendar, businessKey: null, context });
  let at: StepResult = first;
  const cpu: number[] = [];
  let bytes = 0;
  for (let n = 0; n < rounds; n++) {
    if (at.ended) at = first;
    const task = at.waits.find((wait) => wait.kind === 'user')!;
    const before = process.cpuUsage();
    at = step(definition, { state: at.state, variables: at.variables, action: { kind: 'complete', executionId: task.executionId }, now, calendar, businessKey: null, context });
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1000);
    bytes = Math.max(bytes, at.state?.length ?? 0);
  }
  return { ms: median(cpu), mean: cpu.reduce((sum, each) => sum + each, 0) / cpu.length, bytes };
}

/** Prints the CPU of one cold step, engine part alone. */
export async function measureColdStep(): Promise<void> {
  await measure(30, 'sliced'); // warms the compiler up
  const small = await measure(30, 'sliced');
  const large = await measure(300, 'sliced');
  const full = await measure(30, 'full');
  // the median step meets no collection of garbage; the mean bears its share of them
  const rows = [['30, sliced', small], ['300, sliced', large], ['30, full context', full]] as const;
  process.stdout.write(`${table(['tasks', 'CPU ms (median)', 'mean', 'state bytes at most'], rows.map(([name, { ms, mean, bytes }]) => [name, ms, mean, bytes]))}\n`);
  process.stdout.write(`300 tasks cost ${(large.ms / small.ms).toFixed(2)} times what 30 cost (aim: 30 tasks ≤ 5 ms, ratio ≤ 1.5, state ≤ 10240)\n\n`);
}
