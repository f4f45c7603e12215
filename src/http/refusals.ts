// With what an answered form may be refused: of every record and every handler what it says itself, for the routes that keep answers and
// let processes go on. A test client says when a route refuses with what its document does not name (test/http/two-instances.ts).
import type { ProblemCode } from '../base/problem.js';
import type { RecordKind } from '../domain/records/record.js';
import { openRecords } from '../domain/records/registry.js';
import { openHandlers } from '../handlers/registry.js';

const kinds = [...openRecords().values()];
const codesOf = (said: readonly { refuses?: readonly ProblemCode[] }[]): ProblemCode[] => [...new Set(said.flatMap(({ refuses = [] }) => refuses))].toSorted();

/** Of a process that goes on by it, or begins. */
export const stepRefusals: readonly ProblemCode[] = ['instance_not_active', 'case_closed', 'main_line_runs', 'step_failed', 'too_many_variables', ...codesOf([...openHandlers().values()].filter((handler) => handler.kind === 'inside'))];

const filing = (some: readonly RecordKind[]): ProblemCode[] => [...new Set<ProblemCode>(['not_found', 'form_invalid', ...codesOf(some), ...stepRefusals])];

/** A form that is filed at any time. */
export const filingRefusals: readonly ProblemCode[] = filing(kinds.filter(({ anytime }) => anytime));
/** The form of a task, any record: policy staff say which. Within a process that knows of a 支援会議, whoever is not inside it writes nothing. */
export const completionRefusals: readonly ProblemCode[] = [...new Set<ProblemCode>([...filing(kinds), 'pledge_missing', 'wait_not_open'])];
