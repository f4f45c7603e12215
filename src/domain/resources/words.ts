// The closed words of the directory (F14) and of what somebody wishes (F07): what a form may offer, and how a sentence says it.
// A city's forms offer as many of them as it needs.

export type Words = Readonly<Record<string, string>>;

/** F14 kind; 通いの場 is counted for indicator K4. */
export const kindWords = {
  belonging_place: '居場所', gathering_place: '通いの場', salon: 'サロン', children_cafeteria: '子ども食堂', work_experience: '就労体験', volunteer: 'ボランティア',
  learning: '学習', housing: '住まい', food_bank: 'フードバンク', company: '企業', welfare_corporation: '社会福祉法人',
} as const satisfies Words;

/** F07 purpose */
export const purposeWords = {
  belonging: '居場所', rhythm: '生活リズム', companions: '仲間', role: '役割・出番', volunteering: 'ボランティア', learning: '学び', work_preparation: '就労準備', work_experience: '就労体験', housing: '住まい',
} as const satisfies Words;

export const interestWords = {
  cooking: '料理・食事', gardening: '園芸・農作業', crafts: '手芸・工作', music: '音楽', exercise: '体操・運動', games: 'ゲーム・囲碁将棋', reading: '読書・文章', animals: '動物', computers: 'パソコン・デジタル',
  cleaning: '清掃・片づけ', children: '子どもと関わる', talking: 'おしゃべり・お茶', study: '勉強', light_work: '軽作業', outdoors: '散歩・外出', drawing: '絵・イラスト',
} as const satisfies Words;

export const dayWords = { mon: '月', tue: '火', wed: '水', thu: '木', fri: '金', sat: '土', sun: '日' } as const satisfies Words;

export const accessWords = { walk: '駅・住宅地から歩ける', bus: 'バスで行ける', bicycle: '自転車で行ける', pickup: '送迎がある', parking: '駐車できる', online: 'オンラインで参加できる', barrier_free: '段差がない' } as const satisfies Words;

/** From the fewest people to the most. */
export const sizeWords = { one: '一対一', small: '少人数（5人くらいまで）', medium: '中くらい（15人くらいまで）', large: '大人数' } as const satisfies Words;

export const genderWords = { any: '性別を問わない', men: '男性のみ', women: '女性のみ' } as const satisfies Words;

/** Whom a place takes in with support. */
export const supportWords = {
  physical: '身体障がい', intellectual: '知的障がい', mental: '精神障がい・こころの不調', developmental: '発達障がい', hikikomori: 'ひきこもりの経験', dementia: '認知症', wheelchair: '車いす', child_care: '子ども連れ', school_refusal: '不登校', foreign_language: '日本語が得意でない',
} as const satisfies Words;

export const searchResults = ['accepts', 'conditional', 'refuses', 'pending'] as const;
export const checkResults = ['current', 'changed', 'closed'] as const;

export const keysOf = (words: Words): string[] => Object.keys(words);

/** 料理・食事、音楽 */
export const inWords = (words: Words, keys: readonly string[]): string => keys.map((key) => words[key] ?? key).join('、');
