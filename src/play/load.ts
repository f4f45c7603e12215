// The diagram file: read, checked as for a deployment, and with it the other processes of the same file that it can reach.
import { readFileSync, statSync } from 'node:fs';
import { checkDiagram, type CheckResult } from '../engine/check.js';
import type { CheckOptions } from '../engine/lint/examine.js';
import type { Known } from '../engine/lint/support/diagram.js';
import { flowElements, isType, text, type Element } from '../engine/lint/support/diagram.js';
import { processesOf } from '../engine/lint/processes.js';
import { readXml } from '../engine/executor/read-xml.js';
import type { Compiled, Refusal } from '../engine/model.js';
import { UsageError, type Settings } from './arguments.js';

/** Twice what a diagram may have: enough to say that it is too large without reading all of it. */
const mostBytes = 2_000_000;

export interface Loaded {
  refusals: Refusal[];
  warnings: Refusal[];
  main: Compiled | null;
  /** By process id, the main one included. */
  definitions: Map<string, Compiled>;
  /** Of all processes of the file. */
  elementIds: ReadonlySet<string>;
}

const refused = (rule: string, message: string): Loaded => ({ refusals: [{ rule, element: null, message }], warnings: [], main: null, definitions: new Map(), elementIds: new Set() });

function readText(file: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function sizeOf(file: string): number {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new UsageError(`${file} はファイルではありません`);
    return found.size;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`図のファイル ${file} を読めません`);
  }
}

const startsByMessage = (process: Element): boolean =>
  flowElements(process).some((element) => isType(element, 'StartEvent') && element.$parent === process && (element['eventDefinitions'] as Element[] | undefined)?.some(({ $type }) => $type === 'bpmn:MessageEventDefinition') === true);

/** Other processes of the file that a call activity or a message could start. */
function reachable(processes: readonly Element[], mainId: string, lenient: boolean): { id: string; isCalled: boolean }[] {
  const calls = new Set(processes.flatMap(flowElements).flatMap((element) => (isType(element, 'CallActivity') ? (text(element, 'calledElement') ?? []) : [])));
  const computed = [...calls].some((called) => /^=|^\$\{/.test(called));
  return processes.flatMap((process) => {
    const id = process.id ?? '';
    if (id === mainId || !(process['isExecutable'] === true || lenient)) return [];
    const isCalled = calls.has(id);
    return isCalled || computed || startsByMessage(process) ? [{ id, isCalled }] : [];
  });
}

/**
 * Reads and checks the file.
 * @throws UsageError when there is no such file
 */
export async function load(settings: Settings, known: Known): Promise<Loaded> {
  if (sizeOf(settings.file) > mostBytes) return refused('too-large', `図は ${mostBytes / 2} バイトまでです`);
  const xml = readText(settings.file);
  if (xml === null) return refused('not-xml', 'XML として読めません: UTF-8 ではありません');
  // one run has one instance tree, to which any message of the right name belongs
  const options: CheckOptions = { lenient: settings.lenient, without: ['missing-correlation-key'] };
  const check = (processId: string | undefined): Promise<CheckResult> => checkDiagram(xml, known, { ...options, ...(processId === undefined ? {} : { processId }) });
  const { refusals, warnings, compiled: main } = await check(settings.processId);
  if (!main) return { refusals, warnings, main, definitions: new Map(), elementIds: new Set() };
  const definitions = new Map([[main.processId, main]]);
  const found: Refusal[] = [];
  const { definitions: tree } = await readXml(xml);
  const processes = processesOf(tree as Element);
  for (const { id, isCalled } of reachable(processes, main.processId, settings.lenient)) {
    const other = await check(id);
    if (other.compiled) definitions.set(id, other.compiled);
    else if (isCalled) found.push(...other.refusals);
  }
  return { refusals: found, warnings, main: found.length > 0 ? null : main, definitions, elementIds: new Set(processes.flatMap(flowElements).flatMap(({ id }) => id ?? [])) };
}
