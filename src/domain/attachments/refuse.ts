// Why a file is not kept.
import { Problem } from '../../base/problem.js';

export type Refusal = 'empty' | 'too_large' | 'name' | 'kind' | 'content' | 'macro' | 'script' | 'bomb' | 'broken';

/** @throws Problem attachment_refused */
export function refuse(reason: Refusal): never {
  throw new Problem('attachment_refused', { extra: { reason } });
}
