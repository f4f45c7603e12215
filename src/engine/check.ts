// May this diagram be deployed? lint/examine.ts says what is wrong with it; what passes is compiled. Every refusal names its rule
// (docs/rules/) and the element, in Japanese, for the person who drew it.
import { compile } from './executor/compile.js';
import { CompileError } from './executor/compile-error.js';
import { examine, type CheckOptions } from './lint/examine.js';
import type { Known } from './lint/support/diagram.js';
import { writeXml } from './lint/support/lenient.js';
import type { Compiled, Refusal } from './model.js';

export interface CheckResult {
  /** Empty: it may be deployed. */
  refusals: Refusal[];
  /** Doubts that do not stop it: a gateway that may find no way, a join that may wait for ever. */
  warnings: Refusal[];
  compiled: Compiled | null;
}

async function compileOrRefuse(xml: string, options: CheckOptions, processId: string | undefined): Promise<{ refusals: Refusal[]; compiled: Compiled | null }> {
  try {
    return { refusals: [], compiled: await compile(xml, { ...(processId === undefined ? {} : { processId }), lenient: options.lenient ?? false }) };
  } catch (error) {
    if (error instanceof CompileError) return { refusals: error.refusals, compiled: null };
    throw error;
  }
}

/**
 * The deploy-time check of a diagram. Costs nothing on hostile uploads, well under a second on 300 elements.
 * @param known what the city has: handlers by name, form schemas by key, group keys
 * @returns all refusals found, not only the first; `compiled` is there if and only if there are none
 */
export async function checkDiagram(xml: string, known: Known, options: CheckOptions = {}): Promise<CheckResult> {
  const { refusals, warnings, diagram } = await examine(xml, known, options);
  if (refusals.length > 0 || !diagram) return { refusals, warnings, compiled: null };
  const source = options.lenient ? await writeXml(diagram.definitions) : xml;
  const { refusals: late, compiled } = await compileOrRefuse(source, options, options.lenient ? diagram.process?.id : options.processId);
  return { refusals: late, warnings, compiled };
}
