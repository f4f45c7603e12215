// What the town knows of itself while it is made: who works in it, and where each household stands.
import type { TownTask, TownTimer } from '../../actions/town-work.js';
import type { Person, System } from '../../base/db.js';
import type { StandingForm } from '../../domain/standing-forms.js';
import type { Answers } from '../samples.js';
import type { Family, TownRoute } from './persona.js';
import type { Chance } from './random.js';
import type { Again, Situation } from './situations.js';

export const clerk: System = { kind: 'system', name: 'town' };
export const dayMs = 86_400_000;

export interface Cast {
  people: Person[];
  openers: { person: Person; field: string }[];
  standing: StandingForm[];
  intake: Answers;
  situations: Situation[];
  again: Again[];
}

/** What is filed without being asked for, or happens beside the steps (extras.ts). */
export interface Filing {
  key: string;
  at: Date;
  said?: Answers;
  /** Of a merge. */
  reason?: string;
}

export interface Household {
  number: number;
  /** The office itself: what is about no case. */
  office: boolean;
  nextAt: Date;
  begun: boolean;
  caseNo: string | null;
  opener: Person;
  field: string;
  family: Family;
  chance: Chance;
  route: TownRoute;
  seen: Map<string, number>;
  /** Tasks that nobody could complete. */
  given: Set<string>;
  /** Slips for which a consent was asked anew. */
  asked: Set<string>;
  /** When each task will be done. */
  doneAt: Map<string, Date>;
  files: Filing[];
  /** What is filed a day after a step. */
  after: Record<string, Omit<Filing, 'at'>>;
  /** How often a step was put off because something else of the case goes on. */
  waited: Map<string, number>;
  next: Event | null;
  steps: number;
}

/** What happens next to a household. */
export type Event = { at: Date } & ({ kind: 'task'; task: TownTask } | { kind: 'timer'; timer: TownTimer } | { kind: 'file'; filing: Filing });
