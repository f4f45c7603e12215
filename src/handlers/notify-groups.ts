import { notifyMembers } from '../domain/process-notices.js';
import { BadInput, optionalFlag, textOf, type InsideHandler } from './handler.js';

/** Input `groups` (a key or several), `rule`, `urgent?`. One notice for each active member of the groups. */
export const notifyGroups: InsideHandler = {
  name: 'notify_groups',
  kind: 'inside',
  async run(tx, context) {
    const { groups } = context.input;
    const keys = (Array.isArray(groups) ? groups : [groups]).filter((key): key is string => typeof key === 'string');
    if (keys.length === 0) throw new BadInput('入力 groups に窓口がありません');
    await notifyMembers(tx, keys, { businessKey: context.businessKey, rule: textOf(context, 'rule'), urgent: optionalFlag(context, 'urgent') ?? false });
    return {};
  },
};
