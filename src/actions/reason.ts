import { Problem } from '../base/problem.js';

const longest = 500;

/** @throws Problem invalid (pointer /reason) unless there is a reason of 1 to 500 characters */
export function mustHaveReason(reason: string): void {
  const text = reason.trim();
  if (text !== '' && reason.length <= longest && !reason.includes('\0')) return;
  throw new Problem('invalid', { errors: [{ pointer: '/reason', detail: text === '' ? '理由を入力してください。' : `理由は${longest}文字までで入力してください。` }] });
}
