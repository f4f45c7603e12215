// All rules in their order: the text, then the tree, then the flow. Nothing is compiled here.
import type { Refusal } from '../model.js';
import { readXml } from '../executor/read-xml.js';
import { boundaryUnattached } from './boundary-unattached.js';
import { catchAllErrorBoundary } from './catch-all-error-boundary.js';
import { danglingFlow } from './dangling-flow.js';
import { deadlineUnparsable } from './deadline-unparsable.js';
import { duplicateFlow } from './duplicate-flow.js';
import { duplicateId } from './duplicate-id.js';
import { eventBasedGateway } from './event-based-gateway.js';
import { eventSubProcessStart } from './event-sub-process-start.js';
import { eventWithoutDefinition } from './event-without-definition.js';
import { feel } from './feel.js';
import { gatewayMayStop, gatewayWithoutDefault } from './gateway-without-default.js';
import { linkEvent } from './link-event.js';
import { missingCorrelationKey } from './missing-correlation-key.js';
import { parserWarning } from './parser-warning.js';
import { chooseProcess, processesOf } from './processes.js';
import { scriptLanguage } from './script-language.js';
import { scriptListener } from './script-listener.js';
import { scriptTask } from './script-task.js';
import { startEnd } from './start-end.js';
import { flowElements, type Diagram, type Element, type Known, type Rule } from './support/diagram.js';
import { readLeniently } from './support/lenient.js';
import { linkFlows } from './support/link-flows.js';
import { taskWithoutGroup } from './task-without-group.js';
import { timer } from './timer.js';
import { unknownForm } from './unknown-form.js';
import { unknownGroup } from './unknown-group.js';
import { unknownHandler } from './unknown-handler.js';
import { unsupportedElement } from './unsupported-element.js';
import { verifyFlow } from '../verify/soundness.js';
import { guardXml, type XmlLimits } from '../xml-guard.js';

export interface CheckOptions {
  /** Diagrams made elsewhere: unknown handlers, forms and groups pass, other engines' ways to name code become job names. */
  lenient?: boolean;
  /** Where a file holds several executable processes. */
  processId?: string;
  limits?: Partial<XmlLimits>;
  /** Rules that are not asked, by name: `bin/play` runs one instance, to which any message belongs. */
  without?: readonly string[];
}

export interface Examined {
  refusals: Refusal[];
  warnings: Refusal[];
  /** The tree as it will run (a lenient reading has changed it); null when the text could not be read. */
  diagram: Diagram | null;
}

/** Rules that must see the diagram as it was written. */
const asWritten: readonly Rule[] = [parserWarning, scriptTask, scriptListener, unsupportedElement, unknownHandler, unknownForm, unknownGroup, taskWithoutGroup];
/** Rules that see it as it will run. */
const asRun: readonly Rule[] = [scriptLanguage, feel, startEnd, danglingFlow, boundaryUnattached, eventWithoutDefinition, timer, deadlineUnparsable, gatewayWithoutDefault, catchAllErrorBoundary, missingCorrelationKey, linkEvent, eventBasedGateway, eventSubProcessStart, duplicateFlow];

const keyOf = ({ rule, element, message }: Refusal): string => JSON.stringify([rule, element, message]);
const distinct = (refusals: readonly Refusal[]): Refusal[] => [...new Map(refusals.map((refusal) => [keyOf(refusal), refusal])).values()];

async function read(xml: string): Promise<{ definitions: Element; warnings: { message: string; elementId: string | null }[] } | Refusal> {
  const { definitions, refusals } = await readXml(xml);
  if (!definitions) return { rule: 'not-xml', element: null, message: `図として読めません: ${refusals[0]?.message ?? ''}` };
  return { definitions: definitions as Element, warnings: refusals.map(({ message, element }) => ({ message, elementId: element })) };
}

/** What is wrong with a diagram, and its tree as it will run. */
export async function examine(xml: string, known: Known, options: CheckOptions = {}): Promise<Examined> {
  const lenient = options.lenient ?? false;
  const refused = (...refusals: Refusal[]): Examined => ({ refusals, warnings: [], diagram: null });
  const guarded = guardXml(xml, options.limits);
  if (guarded.length > 0) return refused(...guarded);
  const duplicates = duplicateId(xml);
  // the parser searches the whole text for each complaint: a text made to be complained of goes no further
  if (duplicates.length > 20) return refused(...duplicates.slice(0, 20));
  const parsed = await read(xml);
  if ('rule' in parsed) return refused(parsed);
  for (const process of processesOf(parsed.definitions)) linkFlows(process);
  const chosen = chooseProcess(parsed.definitions, { processId: options.processId, lenient });
  const elements = chosen.process ? flowElements(chosen.process) : processesOf(parsed.definitions).flatMap(flowElements);
  const diagram: Diagram = { ...parsed, processes: processesOf(parsed.definitions), process: chosen.process, elements, known, lenient };
  const refusals = [...chosen.refusals, ...duplicates, ...asWritten.flatMap((rule) => rule(diagram))];
  if (!chosen.process) return refused(...refusals);
  if (lenient) readLeniently(chosen.process);
  const structure = asRun.flatMap((rule) => rule(diagram));
  refusals.push(...structure);
  // the flow of a diagram with loose ends says nothing new
  const flow = refusals.some(({ rule }) => ['dangling-flow', 'boundary-unattached', 'duplicate-id'].includes(rule)) ? { refusals: [], warnings: [] } : verifyFlow(chosen.process, known.inside);
  const asked = (list: readonly Refusal[]): Refusal[] => distinct(list.filter(({ rule }) => !options.without?.includes(rule)));
  return { refusals: asked([...refusals, ...flow.refusals]), warnings: asked([...gatewayMayStop(diagram), ...flow.warnings]), diagram };
}

