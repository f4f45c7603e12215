// Names that belong to nobody: families, given names, each with its kana. The town is made of them.

export interface Named {
  name: string;
  kana: string;
}

const pairs = (text: string): Named[] => text.trim().split(/\s+/).map((pair) => {
  const [name = '', kana = ''] = pair.split('/');
  return { name, kana };
});

/** Rare on purpose, so that no real household is met by chance more often than can be helped. */
export const families = pairs(`
  雲井/くもい 霜鳥/しもとり 朝霧/あさぎり 小波/こなみ 遠矢/とおや 葛葉/くずは 月野/つきの 夕凪/ゆうなぎ 野分/のわき 白露/しらつゆ 風早/かざはや 水無瀬/みなせ
  稲妻/いなづま 春日井/かすがい 青砥/あおと 千鳥/ちどり 薄井/うすい 木枯/こがらし 桐壺/きりつぼ 末摘/すえつむ 早蕨/さわらび 若紫/わかむら 𠮷永/よしなが 髙嶺/たかみね
  渡邉/わたなべ 﨑山/さきやま 橘高/きったか 空木/うつぎ 宿木/やどりぎ 花散里/はなちるさと 常夏/とこなつ 藤袴/ふじばかま 真木/まき 梅枝/うめがえ 若菜/わかな 柏木/かしわぎ
  鈴虫/すずむし 夕霧/ゆうぎり 御法/みのり 匂坂/さきさか 竹河/たけかわ 橋姫/はしひめ 椎本/しいもと 総角/あげまき 東屋/あずまや 浮舟/うきふね 蜻蛉/かげろう 手習/てならい`);

/** Of the old (born before 1960), the grown and the young, by sex: who is called what goes with the years. */
export const givenNames = {
  female: {
    old: pairs(`ウメ/うめ 千代/ちよ フミ/ふみ 和子/かずこ 節子/せつこ ハル/はる 静江/しずえ 光子/みつこ トミ/とみ キヨ/きよ 文江/ふみえ 澄子/すみこ`),
    grown: pairs(`花子/はなこ 由美/ゆみ 真理/まり 恵子/けいこ 直美/なおみ 智恵/ちえ 裕子/ゆうこ 佳代/かよ 典子/のりこ 久美/くみ 早苗/さなえ 香織/かおり`),
    young: pairs(`咲/さき 陽葵/ひまり 美月/みつき あおい/あおい 結衣/ゆい 凛/りん 七海/ななみ 心春/こはる 芽生/めい 紗良/さら`),
  },
  male: {
    old: pairs(`清/きよし 勇/いさむ 茂/しげる 昭/あきら 実/みのる 勝/まさる 正雄/まさお 義一/よしかず 武夫/たけお 喜八/きはち 敏夫/としお 康二/こうじ`),
    grown: pairs(`太郎/たろう 一郎/いちろう 博/ひろし 健二/けんじ 誠一/せいいち 浩/ひろし 達也/たつや 修/おさむ 和彦/かずひこ 直人/なおと 隆/たかし 秀樹/ひでき`),
    young: pairs(`蓮/れん 湊/みなと 大翔/はると 樹/いつき 悠真/ゆうま 颯太/そうた 陸/りく 朝陽/あさひ 新/あらた 奏/かなで`),
  },
} as const;
