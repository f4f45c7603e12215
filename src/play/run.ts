// One run of bin/play, from its command line to its exit code. Every way out prints JSON or, for a mistake on the command line, a
// sentence on stderr; never a stack trace.
import { openCalendar } from '../base/calendar.js';
import { checkScript, help, readArguments, UsageError, type Settings } from './arguments.js';
import { drive } from './drive.js';
import { Incident } from './incident.js';
import { knownFor } from './known.js';
import type { Tell } from './lines.js';
import { load } from './load.js';
import { isOver, openPlay } from './world.js';

const exits = { ended: 0, refused: 2, waiting: 3, incident: 4, usage: 64 } as const;

async function play(settings: Settings, tell: Tell): Promise<number> {
  const { refusals, warnings, main, definitions, elementIds } = await load(settings, await knownFor(settings.file, settings.lenient));
  if (!main) {
    for (const { rule, element, message } of refusals) tell({ event: 'refused', element, rule, message });
    return exits.refused;
  }
  checkScript(settings.script, elementIds);
  tell({ event: 'deployed', element: main.processId, process: main.processId, ...(warnings.length > 0 ? { warnings } : {}) });
  const world = openPlay({ main, definitions, calendar: openCalendar({ closesAt: '17:15', days: [] }), tell });
  drive(world, settings);
  return isOver(world) ? exits.ended : exits.waiting;
}

export interface Output {
  tell: Tell;
  /** Text for people: the help page. */
  print(text: string): void;
  complain(text: string): void;
}

/** Plays what the command line says. @returns the exit code */
export async function run(given: string[], { tell, print, complain }: Output): Promise<number> {
  try {
    const settings = readArguments(given);
    if (settings) return await play(settings, tell);
    print(help);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`bin/play: ${error.message}\n`);
      return exits.usage;
    }
    const incident = error instanceof Incident ? error : new Incident('bpmn', null, error instanceof Error ? error.message : String(error));
    tell({ event: 'incident', element: incident.element, code: incident.code, message: incident.message, ...(incident.process === null ? {} : { process: incident.process }) });
    return exits.incident;
  }
}
