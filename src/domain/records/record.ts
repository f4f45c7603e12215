// What a 帳票 is to the system: the fields that the office's rules need of it, how far it may be seen, and what is made of an
// answered one. A record knows answers and the domain; it has never heard of a diagram.
import type { Calendar } from '../../base/calendar.js';
import type { Person, Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { ProblemCode } from '../../base/problem.js';
import type { Level } from '../access.js';

/**
 * How far what is in it may be seen (domain.md §3.8): `agency` in the agency that wrote it, `team` in the case team within the
 * consent, `confidential` by the members of the 支援会議 that it belongs to, `office` by everybody who works here.
 */
export type Compartment = 'agency' | 'team' | 'confidential' | 'office';

/** The same members as the engine's; the two floors know nothing of each other. */
export interface FieldNeed {
  at: string;
  types: readonly string[];
  options?: readonly (string | number | boolean)[];
  required?: boolean;
}

/** An answered form on its way into the domain, in the transaction of the action. */
export interface Filed {
  submissionId: string;
  /** null: not about one case (a resource, an agency, a pledge for a term of office). */
  caseId: string | null;
  by: Person;
  /** The task whose form it is; null: filed without one. */
  taskId: string | null;
  answers: Record<string, Json>;
  /** Keys that were sent at all: what puts an entry right leaves alone what was not, and clears what was sent empty. */
  sent: ReadonlySet<string>;
  /** The element of a multi-instance task (an agency's group key). */
  item: Json | null;
  /** Ids and decisions of the process that asked; `{}` when nobody asked. */
  variables: Readonly<Record<string, Json>>;
  calendar: Calendar;
  /** Says something to the processes, in the same transaction: see `Told`. */
  tell(told: Told): void;
  /** Says something to whoever filed it, beside the answer. */
  warn(warning: Warning): void;
}

/**
 * What the domain has to say to processes, ids and decisions only. `message`: starts the process that is drawn for it, or goes
 * to whoever waits for it under the case. `signal`: reaches every running process of the case that listens for it.
 */
export interface Told {
  kind: 'message' | 'signal';
  name: string;
  /** What a message is about, where that is not the case: the id of one of several things of the same kind. */
  about?: string;
  variables: Readonly<Record<string, Json>>;
}

/** Where an answered form is kept, where that depends on what it belongs to. */
export interface Placed {
  compartment: Compartment;
  /** The sitting that it is written for. */
  sittingId: string | null;
}

/** Under which number an answered form rests, and how far it may be seen. */
export type KeptAs = Pick<RecordKind, 'key' | 'compartment'>;

/** Something to think about; nothing is refused for it. Ids only. */
export interface Warning {
  code: string;
  /** In Japanese, for the person who filed; names nobody. */
  detail: string;
  ids: string[];
}

export interface RecordKind {
  /** `F10`, `F09.minutes`: the number of the form in domain.md §2, and the part of it. */
  key: string;
  /** The official name. */
  title: string;
  compartment: Compartment;
  needs: readonly FieldNeed[];
  /** Codes of its own with which `place` and `project` may refuse, beside those of every record (not_found, form_invalid, invalid, forbidden). The OpenAPI document names them. */
  refuses?: readonly ProblemCode[];
  /** Days and times in it that lie behind whoever files it (`heldOn`, `trials[].triedOn`): one that is still to come is refused. */
  happened?: readonly string[] | ((answers: Readonly<Record<string, Json>>) => readonly string[]);
  /**
   * What this answered form is kept as, where the answers decide it: one sheet that is F01 or F02, a note that only its agency
   * may see. Left out: always as this record.
   */
  keptAs?(answers: Readonly<Record<string, Json>>): KeptAs;
  /** Several agencies answer it beside one another: what they say is put together where it is carried (unite.ts), not the newest alone. */
  ofAgencies?: true;
  /** Carried within the run of processes, or the meeting, that it was written for, and into no other. */
  ofRun?: true;
  /** Who may file it at any time, without a task that asks for it. `case`: whoever reaches the content of that case. */
  anytime?: 'case' | { roles: readonly string[] };
  /** With `anytime: 'case'`: how far they must reach it, if not to its content. What is filed shows them no more than they saw. */
  reach?: Level;
  /**
   * With `anytime: 'case'`: what the processes that it starts order of the others of the case is carried out in its own transaction, and what it
   * tells them reaches them there (actions/cascade). Everything that runs for the case is locked first.
   */
  withProcesses?: true;
  /**
   * Where it is kept, if not always in `compartment`: what is written for a 支援会議 is confidential whatever its form. Runs before
   * `project`, may open the sitting that it begins.
   * @throws Problem when this person may not write there
   */
  place?(tx: Tx, filed: Filed): Promise<Placed>;
  /**
   * What the person it is about says, not what was said of them: kept as it is also where a process knows of a 支援会議. All else that
   * has no `place` is then kept in its sitting.
   */
  besideSittings?: true;
  /**
   * Makes of it what the domain holds. Hands back ids and decisions for the process that asked.
   * @throws Problem when a rule of the law or the office forbids it: nothing is kept then
   */
  project?(tx: Tx, filed: Filed): Promise<Record<string, Json>>;
  /** Whom these answers would register anew; `at`: where they stand (`household/0/`). An import asks whether they are known before it files. */
  people?(answers: Readonly<Record<string, Json>>): { at: string; said: Readonly<Record<string, Json>> }[];
  /** What stands under the number (`S-0012`, the code of an agency) that this form puts right, as its answers: they are laid into it. null: there is none. */
  current?(tx: Pick<Tx, 'db'>, no: string): Promise<Record<string, Json> | null>;
  /** Takes back what was made of a record that was brought by an import (actions/undo-import): nobody finds it any more. */
  undo?(tx: Tx, submissionId: string): Promise<void>;
}
