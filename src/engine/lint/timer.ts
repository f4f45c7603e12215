// A timer that cannot be read, or whose time may be missing, would fire at once or never.
import { child, eventDefinitions, feelOf, refuse, text, type Element, type Rule } from './support/diagram.js';
import { feelProblems } from './support/feel.js';
import { isTimerValue, judgeTimer, type TimerKind } from './support/timers.js';
import type { Refusal } from '../model.js';

const kinds: readonly TimerKind[] = ['timeDate', 'timeDuration', 'timeCycle'];
const examples: Readonly<Record<TimerKind, string>> = { timeDate: '2026-12-01T09:00:00+09:00、=businessDays(5)', timeDuration: 'PT2H、P10D', timeCycle: 'R3/PT1H' };

function ofTimer(element: Element, definition: Element, lenient: boolean): Refusal[] {
  const written = kinds.filter((kind) => child(definition, kind));
  const kind = written[0];
  if (!kind || written.length > 1) return [refuse('timer-unparsable', element, 'タイマーに時刻、期間、繰り返しのどれか一つを書いてください')];
  const value = text(child(definition, kind) as Element, 'body') ?? '';
  const source = feelOf(value);
  const unparsable = refuse('timer-unparsable', element, `タイマー ${value.slice(0, 80) || '（空）'} は読めません（例 ${examples[kind]}）`);
  if (source === null) return isTimerValue(kind, value) ? [] : [unparsable];
  if (feelProblems(source).length > 0) return [];
  const verdict = judgeTimer(kind, source);
  if (verdict === 'wrong') return [unparsable];
  if (verdict === 'fine' || lenient) return [];
  return [refuse('timer-may-be-undefined', element, `タイマー ${value.slice(0, 80)} は変数がないとき時刻になりません（=if x != null then x else … と書いてください）`)];
}

/** `timer-unparsable`, `timer-may-be-undefined` (the latter not in a lenient reading: the step itself fails closed). */
export const timer: Rule = ({ elements, lenient }) =>
  elements.flatMap((element) => eventDefinitions(element).filter(({ $type }) => $type === 'bpmn:TimerEventDefinition').flatMap((definition) => ofTimer(element, definition, lenient)));
