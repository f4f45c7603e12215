// Dates as people say them: 西暦 and 和暦, to the day, the month or the year, or only about. Kept as they were typed;
// what is read from them is for sorting, searching and ages.

export interface SaidDate {
  /** `1970-03-02`, `1970-03` or `1970`, as precise as it was said. */
  iso: string;
  precision: 'day' | 'month' | 'year';
  /** 頃, 約, 推定: only about then. */
  about: boolean;
}

const eras = [
  { letter: 'M', names: ['明治', '明', '㍾'], from: '1868-01-25', to: '1912-07-30' },
  { letter: 'T', names: ['大正', '大', '㍽'], from: '1912-07-30', to: '1926-12-25' },
  { letter: 'S', names: ['昭和', '昭', '㍼'], from: '1926-12-25', to: '1989-01-07' },
  { letter: 'H', names: ['平成', '平', '㍻'], from: '1989-01-08', to: '2019-04-30' },
  { letter: 'R', names: ['令和', '令', '㋿'], from: '2019-05-01', to: '9999-12-31' },
] as const;

const eraPattern = /^(明治|大正|昭和|平成|令和|㍾|㍽|㍼|㍻|㋿|明|大|昭|平|令|[MTSHR])(元|\d{1,2})(?:年|[./-]|$)(?:(\d{1,2})(?:月|[./-]|$))?(?:(\d{1,2})日?)?$/i;
const westernPattern = /^(?:西暦)?(\d{4})(?:年|[./-]|$)(?:(\d{1,2})(?:月|[./-]|$))?(?:(\d{1,2})日?)?$/;
const plainPattern = /^(\d{4})(\d{2})(\d{2})$/;
const aboutPattern = /^(?:約|およそ|推定)|(?:頃|ころ|ごろ|くらい|ぐらい|推定)$/g;
/** A part of a year or of a month: read as the whole of it, and only about. */
const partPattern = /(?<=年)の?(?:春|夏|秋|冬|初め|はじめ|半ば|なかば|末|終わり|前半|後半)(?:先)?$|(?<=月)の?(?:上旬|中旬|下旬|初旬|初め|はじめ|半ば|なかば|末|終わり)$/;

const two = (n: number): string => String(n).padStart(2, '0');
const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function made(year: number, month: number | null, day: number | null, about: boolean): SaidDate | null {
  if (year < 1800 || year > 2199) return null;
  if (month === null) return day === null ? { iso: String(year), precision: 'year', about } : null;
  if (month < 1 || month > 12) return null;
  if (day === null) return { iso: `${year}-${two(month)}`, precision: 'month', about };
  return day >= 1 && day <= lastDay(year, month) ? { iso: `${year}-${two(month)}-${two(day)}`, precision: 'day', about } : null;
}

const number = (text: string | undefined): number | null => (text === undefined || text === '' ? null : Number(text));

/** The first and the last day that may be meant, as ISO days. */
export function rangeOf({ iso, precision }: SaidDate): { first: string; last: string } {
  if (precision === 'day') return { first: iso, last: iso };
  if (precision === 'year') return { first: `${iso}-01-01`, last: `${iso}-12-31` };
  const [year, month] = iso.split('-').map(Number) as [number, number];
  return { first: `${iso}-01`, last: `${iso}-${two(lastDay(year, month))}` };
}

/**
 * Reads `昭和45年3月2日`, `S45.3.2`, `R8/4/14`, `平成元年`, `1970-03-02`, `19700302`, `1970年頃`, `2025年春ごろ`, `昭和20年8月中旬`, full width or not.
 * @returns null when it is no date, the day does not exist, or it lies outside the era named
 */
export function readDate(text: string): SaidDate | null {
  const folded = text.normalize('NFKC').replace(/\s+/g, '');
  const bare = folded.replace(aboutPattern, '').replace(partPattern, '');
  const about = bare !== folded;
  const plain = plainPattern.exec(bare);
  if (plain) return made(Number(plain[1]), Number(plain[2]), Number(plain[3]), about);
  const western = westernPattern.exec(bare);
  if (western) return made(Number(western[1]), number(western[2]), number(western[3]), about);
  const said = eraPattern.exec(bare);
  const era = said && eras.find(({ letter, names }) => letter === said[1]!.toUpperCase() || (names as readonly string[]).includes(said[1]!));
  if (!said || !era) return null;
  const count = said[2] === '元' ? 1 : Number(said[2]);
  const date = count < 1 ? null : made(Number(era.from.slice(0, 4)) + count - 1, number(said[3]), number(said[4]), about);
  if (!date) return null;
  const { first, last } = rangeOf(date);
  return last >= era.from && first <= era.to ? date : null;
}

/** An ISO day in 和暦: `令和8年4月14日`. Before 明治 it stays 西暦. */
export function inWareki(isoDay: string): string {
  const [year, month, day] = isoDay.split('-').map(Number) as [number, number, number];
  const era = eras.findLast(({ from }) => isoDay >= from);
  const years = era ? year - Number(era.from.slice(0, 4)) + 1 : year;
  return `${era?.names[0] ?? ''}${era && years === 1 ? '元' : years}年${month}月${day}日`;
}

/** Full years between a date that was said and an ISO day; null when it lies later. Counted from the first day that may be meant. */
export function ageOn(date: SaidDate, isoDay: string): number | null {
  const { first } = rangeOf(date);
  if (first > isoDay) return null;
  return Number(isoDay.slice(0, 4)) - Number(first.slice(0, 4)) - (isoDay.slice(5) < first.slice(5) ? 1 : 0);
}

/** The time from one day until another as a deadline in a diagram says it (`12d`); tomorrow where that day is here or over. */
export const daysUntil = (today: string, day: string): string => `${Math.max(1, Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000))}d`;
