// What a text must look like beyond a pattern (`properties.format`): dates as people say them, kana, telephone numbers.
// What was typed is kept as it is; these only say whether it can be read.
import { readDate } from '../../base/wareki.js';

const formats: Readonly<Record<string, { fits: (text: string) => boolean; detail: string }>> = {
  date: { fits: (text) => readDate(text) !== null, detail: '日付は「昭和45年3月2日」「S45.3.2」「1970-03-02」「1970年頃」のように入力してください。' },
  kana: { fits: (text) => /^[\p{Script=Hiragana}\p{Script=Katakana}ーｰﾞﾟ・･\s]+$/u.test(text), detail: 'ひらがなかカタカナで入力してください。' },
  phone: { fits: (text) => /^\+?\d{9,15}$/.test(text.normalize('NFKC').replace(/[\s()ー－―-]/g, '')), detail: '電話番号は「06-1234-5678」のように入力してください。' },
  postalCode: { fits: (text) => /^\d{7}$/.test(text.normalize('NFKC').replace(/[〒\sー－―-]/g, '')), detail: '郵便番号は「571-0000」のように入力してください。' },
};

export const formatNames: readonly string[] = Object.keys(formats);

/** What is wrong with a text; null: nothing. An unknown format fits nothing (deploy refuses it). */
export function formatProblem(format: string, text: string): string | null {
  const known = formats[format];
  if (!known) return `形式 ${format} はありません。`;
  return known.fits(text) ? null : known.detail;
}
