// What bin/play prints: one JSON object a line.
import type { Json, Refusal, Variables, WaitKind } from '../engine/model.js';

export type Line =
  | { event: 'deployed'; element: string; process: string; warnings?: Refusal[] }
  | { event: 'refused'; element: string | null; rule: string; message: string }
  | { event: 'opened'; element: string; kind: WaitKind; dueAt?: string; name?: string; correlationKey?: string | null; index?: number; item?: Json; process?: string }
  | { event: 'closed'; element: string; kind: WaitKind; reason: 'completed' | 'cancelled'; process?: string }
  | { event: 'entered' | 'left'; element: string; process?: string }
  | { event: 'incident'; element: string | null; code: string; message: string; process?: string }
  | { event: 'ended'; element: string; process: string; variables: Variables; error?: string }
  | { event: 'settled'; waits: string[] };

export type Tell = (line: Line) => void;
