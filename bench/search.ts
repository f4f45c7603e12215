// How long a person waits for a search over people and cases, over HTTP: somebody who reaches the cases of one agency, and a city
// coordinator who reaches all. Prints, never asserts. `npm run bench:search -- [people] [rounds]`
import { keysOf } from '../src/domain/people/fold.js';
import { signIn, type Client } from './support/client.js';
import { median, percentile, table } from './support/figures.js';
import { openRig, password, printMachine, type Rig } from './support/rig.js';

const [people = 200_000, rounds = 200] = process.argv.slice(2).map(Number);
const perCase = 3;
const batch = 5_000;

/** One person in five has one of these; 渡辺 in its three writings is the name of one in fifty, more than anywhere in Japan. */
const families: readonly (readonly [string, string])[] = [
  ['佐藤', 'さとう'], ['鈴木', 'すずき'], ['高橋', 'たかはし'], ['髙橋', 'たかはし'], ['田中', 'たなか'], ['伊藤', 'いとう'], ['渡辺', 'わたなべ'], ['渡邊', 'わたなべ'], ['渡邉', 'わたなべ'], ['山本', 'やまもと'],
  ['中村', 'なかむら'], ['小林', 'こばやし'], ['加藤', 'かとう'], ['吉田', 'よしだ'], ['𠮷田', 'よしだ'], ['山田', 'やまだ'], ['佐々木', 'ささき'], ['斎藤', 'さいとう'], ['齋藤', 'さいとう'], ['齊藤', 'さいとう'],
  ['山口', 'やまぐち'], ['松本', 'まつもと'], ['井上', 'いのうえ'], ['木村', 'きむら'], ['林', 'はやし'], ['清水', 'しみず'], ['山崎', 'やまざき'], ['山﨑', 'やまざき'], ['阿部', 'あべ'], ['森', 'もり'],
];
const syllables = ['あお', 'いわ', 'うえ', 'おか', 'かわ', 'きし', 'くぼ', 'さわ', 'しま', 'せき', 'その', 'たに', 'つじ', 'とみ', 'なが', 'にし', 'のむ', 'はら', 'ひろ', 'ふじ', 'ほし', 'まつ', 'みや', 'むら', 'もり', 'やす', 'よこ', 'わだ'];
const signs = ['青', '岩', '上', '岡', '川', '岸', '久', '沢', '島', '関', '園', '谷', '辻', '富', '永', '西', '野', '原', '広', '藤', '星', '松', '宮', '村', '森', '安', '横', '和'];
const givenKana = ['はな', 'かずお', 'けいこ', 'たろう', 'じゅん', 'ようこ', 'まこと', 'みち', 'さちこ', 'こうじ', 'ゆき', 'のぶお', 'みえ', 'たかし', 'れん', 'あおい'];
const given = ['花', '和夫', '恵子', '太郎', '純', '洋子', '誠', '美智', '幸子', '浩二', '雪', '信夫', '美恵', '隆', '蓮', '葵'];

let state = 20_260_401;
/** Between 0 and 1, the same in every run. */
function random(): number {
  state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
  return state / 4_294_967_296;
}
const pick = (count: number): number => Math.floor(random() * count);

function familyName(): readonly [string, string] {
  if (random() < 0.2) return families[pick(families.length)]!;
  const [a, b] = [pick(signs.length), pick(signs.length)];
  return [`${signs[a]!}${signs[b]!}`, `${syllables[a]!}${syllables[b]!}`];
}

const endings: readonly (readonly [string, string])[] = [['子', 'こ'], ['男', 'お'], ['美', 'み'], ['一', 'かず'], ['代', 'よ'], ['助', 'すけ']];

function givenName(): readonly [string, string] {
  const one = pick(given.length);
  if (random() < 0.2) return [given[one]!, givenKana[one]!];
  const [sign, [end, endKana]] = [pick(signs.length), endings[pick(endings.length)]!];
  return [`${signs[sign]!}${end}`, `${syllables[sign]!}${endKana}`];
}

function row(n: number): unknown[] {
  const [family, familyKana] = familyName();
  const [one, oneKana] = givenName();
  const [year, month, day] = [1930 + pick(90), 1 + pick(12), 1 + pick(28)];
  const iso = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const said = { name: `${family} ${one}`, kana: `${familyKana} ${oneKana}`, knownAs: '', commonName: '', formerName: random() < 0.1 ? familyName()[0] : '', phoneHome: `06-${String(1000 + pick(9000))}-${String(pick(10_000)).padStart(4, '0')}`, phoneMobile: random() < 0.5 ? `090-${String(pick(10_000)).padStart(4, '0')}-${String(pick(10_000)).padStart(4, '0')}` : '' };
  const keys = keysOf(said);
  return [n, said.kana, said.name, said.formerName, iso, said.phoneHome, said.phoneMobile, JSON.stringify(keys.nameKeys), JSON.stringify(keys.grams), JSON.stringify(keys.phoneKeys)];
}

const list = (column: string): string => `array(select jsonb_array_elements_text((r ->> ${column})::jsonb))`;

async function seed(rig: Rig): Promise<void> {
  const startedAt = performance.now();
  await rig.sql(`create table bench_people (n int primary key, id uuid not null default uuidv7())`);
  await rig.sql(`insert into bench_people (n) select generate_series(1, $1::int)`, [people]);
  for (let from = 1; from <= people; from += batch) {
    const rows = Array.from({ length: Math.min(batch, people - from + 1) }, (_none, index) => row(from + index));
    await rig.sql(
      `insert into client_person (id, root_id, kana, name, former_name, birth_date, birth_first, birth_last, phone_home, phone_mobile, name_keys, grams, phone_keys, created_at)
       select b.id, b.id, r ->> 1, r ->> 2, r ->> 3, r ->> 4, (r ->> 4)::date, (r ->> 4)::date, r ->> 5, r ->> 6, ${list('7')}, ${list('8')}, ${list('9')}, now()
       from jsonb_array_elements($1::jsonb) r join bench_people b on b.n = (r ->> 0)::int`,
      [JSON.stringify(rows)],
    );
  }
  const agencies = `(select array_agg(code order by code) from agency where can_intake)`;
  await rig.sql(
    `insert into support_case (id, case_no, field, agency_code, opened_at)
     select uuidv7(), 'R8-' || lpad(n::text, 5, '0'), 'elder', (${agencies})[1 + n % cardinality(${agencies})], now() from generate_series(1, $1::int) n`,
    [Math.ceil(people / perCase)],
  );
  await rig.sql(`insert into household (id, case_id, place, created_at) select uuidv7(), id, 'subject', now() from support_case`);
  await rig.sql(
    `insert into household_member (id, case_id, client_id, household_id, relation, position, submission_id, since_at)
     select uuidv7(), c.id, b.id, h.id, case when b.n % ${perCase} = 1 then 'subject' else 'child' end, b.n % ${perCase}, uuidv7(), now()
     from bench_people b join support_case c on c.case_no = 'R8-' || lpad((1 + (b.n - 1) / ${perCase})::text, 5, '0') join household h on h.case_id = c.id`,
  );
  await rig.sql(`insert into case_access (id, case_id, reader, level, basis, from_at) select uuidv7(), id, 'agency:' || agency_code, 'content', 'intake', now() - interval '1 day' from support_case`);
  await rig.sql(`insert into case_access (id, case_id, reader, level, basis, from_at) select uuidv7(), id, 'grp.coordinator.city', 'content', 'referral', now() - interval '1 day' from support_case`);
  await rig.sql(`insert into imported_case (case_id, stage, old_case_no) select id, 'screening', '旧-' || substring(case_no from 4)::int from support_case`);
  await rig.sql('vacuum analyze');
  await rig.sql('checkpoint');
  process.stdout.write(`${people} people in ${Math.ceil(people / perCase)} cases, seeded in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
}

/** One of each kind, in the writings of different people; each round another, so that no answer is only remembered. */
const questions: Record<string, () => string> = {
  'a common family name, old form': () => ['渡邊', '髙橋', '齋藤', '𠮷田'][pick(4)]!,
  'the same in half width': () => ['ﾜﾀﾅﾍﾞ', 'ﾀｶﾊｼ', 'ｻｲﾄｳ', 'ﾖｼﾀﾞ'][pick(4)]!,
  'family and given name': () => `${families[pick(families.length)]![0]} ${given[pick(given.length)]!}`,
  'both in ひらがな': () => `${families[pick(families.length)]![1]} ${givenKana[pick(givenKana.length)]!}`,
  'a rare family name': () => `${signs[pick(signs.length)]!}${signs[pick(signs.length)]!}`,
  'one character': () => signs[pick(signs.length)]!,
  'a given name alone': () => given[pick(given.length)]!,
  'the last four digits of a telephone': () => String(pick(10_000)).padStart(4, '0'),
  'a date of birth in 和暦': () => `S${5 + pick(58)}.${1 + pick(12)}.${1 + pick(28)}`,
  'a year of birth': () => `昭和${5 + pick(58)}年`,
  'name and date of birth': () => `${families[pick(families.length)]![0]} S${5 + pick(58)}.${1 + pick(12)}.${1 + pick(28)}`,
  'a case number': () => `R8-${String(1 + pick(Math.ceil(people / perCase))).padStart(5, '0')}`,
  'the number that a case had before': () => `旧-${String(1 + pick(Math.ceil(people / perCase)))}`,
  'nobody': () => 'ぬぬぬぬ',
};

interface Measured {
  times: number[];
  found: number;
}

async function ask(client: Client): Promise<Map<string, Measured>> {
  const kept = new Map(Object.keys(questions).map((name): [string, Measured] => [name, { times: [], found: 0 }]));
  for (let round = -10; round < rounds; round += 1) {
    for (const [name, question] of Object.entries(questions)) {
      const q = question();
      const startedAt = performance.now();
      const answer = await client.must<{ people: unknown[] }>('POST', '/api/people/search', { q });
      if (round < 0) continue;
      const one = kept.get(name)!;
      one.times.push(performance.now() - startedAt);
      one.found += answer.people.length / rounds;
    }
  }
  return kept;
}

async function main(rig: Rig): Promise<void> {
  await seed(rig);
  const address = await rig.api();
  const missed: string[] = [];
  for (const [login, who] of [['mori.d', 'Somebody who reaches the cases of one agency'], ['sato.h', 'A coordinator who reaches every case']] as const) {
    const client = await signIn(address, login, password);
    const lines = [...(await ask(client))].map(([name, { times, found }]) => {
      const p95 = percentile(times, 0.95);
      if (p95 >= 300) missed.push(`${login}: ${name}`);
      return [name, found.toFixed(1), median(times), p95, Math.max(...times)];
    });
    client.close();
    process.stdout.write(`\n${who}\n\n${table(['asked', 'found (30 at most)', 'p50 ms', 'p95 ms', 'longest'], lines)}\n`);
  }
  process.stdout.write(`\naim: p95 under 300 ms. ${missed.length === 0 ? 'Kept by all.' : `Missed by ${missed.join('; ')}.`}\n`);
}

printMachine('bench/search');
const rig = await openRig();
try {
  await main(rig);
} finally {
  await rig.stop();
}
