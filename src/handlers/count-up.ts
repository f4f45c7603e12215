import { BadInput, textOf, type InsideHandler } from './handler.js';

/** Input `name`, `value`. Hands back `{[name]: value + 1}`: the rounds of a loop, so that its diagram can bound it. */
export const countUp: InsideHandler = {
  name: 'count_up',
  kind: 'inside',
  async run(_tx, context) {
    const value = context.input['value'] ?? 0;
    if (typeof value !== 'number') throw new BadInput('入力 value が数ではありません');
    return { [textOf(context, 'name')]: value + 1 };
  },
};
