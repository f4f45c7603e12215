// One definition, one executable process.
import type { Refusal } from '../model.js';
import { isType, listOf, refuse, text, type Element } from './support/diagram.js';

export const processesOf = (definitions: Element): Element[] => listOf(definitions['rootElements']).filter((element) => isType(element, 'Process'));

const isExecutable = (process: Element): boolean => process['isExecutable'] === true;

/**
 * `no-executable-process`, `several-executable-processes`: the process that will run, or why that cannot be told.
 * A lenient reading takes a process that is not marked executable when it is the only one or is named.
 */
export function chooseProcess(definitions: Element, options: { processId?: string | undefined; lenient: boolean }): { process: Element | null; refusals: Refusal[] } {
  const processes = processesOf(definitions);
  const fail = (rule: string, element: Element | string | null, message: string): { process: null; refusals: Refusal[] } => ({ process: null, refusals: [refuse(rule, element, message)] });
  if (options.processId !== undefined) {
    const named = processes.find((process) => process.id === options.processId);
    if (!named) return fail('no-executable-process', options.processId, `手続き ${options.processId} はこの図にありません`);
    return isExecutable(named) || options.lenient ? { process: named, refusals: [] } : fail('no-executable-process', named, '手続きが実行可能（isExecutable）になっていません');
  }
  const executable = processes.filter(isExecutable);
  if (executable.length > 1) return fail('several-executable-processes', executable[1] as Element, `実行可能な手続きが ${executable.length} つあります（一つの図に一つです）: ${executable.map((process) => text(process, 'id')).join(', ')}`);
  if (executable[0]) return { process: executable[0], refusals: [] };
  if (options.lenient && processes.length === 1) return { process: processes[0] as Element, refusals: [] };
  return fail('no-executable-process', processes[0] ?? null, '実行可能（isExecutable）な手続きがありません');
}
