// How names are compared: half-width and full-width, ひらがな and カタカナ, long vowels and voiced sounds as one hears them on
// the telephone, old and variant characters, and the selectors that choose a glyph (IVS). Only keys for search are folded; what
// was typed is kept as it is.
import { readDate, rangeOf } from '../../base/wareki.js';
import { everyday } from './variants.js';

const small: Readonly<Record<string, string>> = { ぁ: 'あ', ぃ: 'い', ぅ: 'う', ぇ: 'え', ぉ: 'お', っ: 'つ', ゃ: 'や', ゅ: 'ゆ', ょ: 'よ', ゎ: 'わ', ゕ: 'か', ゖ: 'け', ゐ: 'い', ゑ: 'え', を: 'お', ぢ: 'し', づ: 'す', ゔ: 'ふ' };
const rows: Readonly<Record<string, string>> = { あ: 'あかさたなはまやらわ', い: 'いきしちにひみり', う: 'うくすつぬふむゆる', え: 'えけせてねへめれ', お: 'おこそとのほもよろ' };
const vowelOf = new Map(Object.entries(rows).flatMap(([vowel, all]) => Array.from(all, (one) => [one, vowel] as const)));

const toHiragana = (character: string): string => (character >= 'ァ' && character <= 'ヶ' ? String.fromCharCode(character.charCodeAt(0) - 0x60) : character);

/** か for が, は for ぱ: the sign taken off. */
const unvoiced = (kana: string): string => kana.normalize('NFD').replace(/[\u3099\u309a]/g, '').normalize('NFC');

/** さとう, さとお, さとー are one: what only lengthens the vowel before it goes. */
function shortened(kana: string): string {
  let out = '';
  for (const one of kana) {
    const before = vowelOf.get(out.at(-1) ?? '');
    const lengthens = one === 'ー' || (one === 'う' && (before === 'お' || before === 'う')) || (one === 'お' && before === 'お') || (one === 'い' && before === 'え');
    if (!(lengthens && before !== undefined)) out += one;
  }
  return out.replaceAll('ー', '');
}

/** A name as search compares it. Empty when nothing of it is left. */
export function foldName(text: string): string {
  const plain = text.normalize('NFKC').replace(/[\u{e0100}-\u{e01ef}\ufe00-\ufe0f]/gu, '').toLowerCase().replace(/[-‐‑–—−―ｰ]/g, 'ー');
  const characters = Array.from(plain).filter((one) => /[\p{L}\p{N}ー々]/u.test(one)).map((one) => toHiragana(everyday(one)));
  return shortened(characters.map((one) => small[one] ?? (/\p{Script=Hiragana}/u.test(one) ? unvoiced(one) : one)).join(''));
}

/** Pairs of neighbours in a folded name, and its first character: what the index holds. */
export function gramsOf(key: string): string[] {
  const characters = Array.from(key);
  return characters.length === 0 ? [] : [...new Set([`^${characters[0]}`, ...characters.slice(1).map((one, at) => `${characters[at]}${one}`)])];
}

/** The digits of a telephone number, the national way; null when it is none. */
export function foldPhone(text: string): string | null {
  const bare = text.normalize('NFKC').replace(/^\s*\+\s*81\s*\(\s*0\s*\)/, '+81').replace(/[\s()ー－―‐‑‒–—−.-]/g, '').replace(/^\+810?/, '0');
  return /^\d{4,15}$/.test(bare) ? bare : null;
}

/** The first and the last day that a date as said may mean; a date that is only about right may be a year off. null: none. */
export function daysOf(text: string): { first: string; last: string } | null {
  const said = text === '' ? null : readDate(text);
  if (!said) return null;
  const { first, last } = rangeOf(said);
  if (!said.about) return { first, last };
  const shift = (day: string, years: number): string => `${String(Number(day.slice(0, 4)) + years).padStart(4, '0')}${day.slice(4).replace('02-29', '02-28')}`.replace(/^-/, '0');
  return { first: shift(first, -1), last: shift(last, 1) };
}

export interface NamesAndNumbers {
  kana: string;
  name: string;
  knownAs: string;
  commonName: string;
  formerName: string;
  phoneHome: string;
  phoneMobile: string;
}

export interface SearchKeys {
  nameKeys: string[];
  grams: string[];
  phoneKeys: string[];
}

/** A name in one breath, and word by word: さいとう おさむ is さいとさむ to the ear, and おさむ is looked for all the same. */
const spokenWays = (name: string): string[] => [foldName(name), name.normalize('NFKC').split(/\s+/).map(foldName).join('')];

/** What is kept beside an identity so that it is found. */
export function keysOf(said: NamesAndNumbers): SearchKeys {
  const nameKeys = [...new Set([said.name, said.kana, said.commonName, said.formerName, said.knownAs].flatMap(spokenWays).filter(Boolean))];
  const phones = [...new Set([said.phoneHome, said.phoneMobile].map(foldPhone).filter((one): one is string => one !== null))];
  return { nameKeys, grams: [...new Set(nameKeys.flatMap(gramsOf))], phoneKeys: phones.flatMap((one) => [one, `~${one.slice(-4)}`]) };
}
