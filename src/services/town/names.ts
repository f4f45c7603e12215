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

export const givenNames = pairs(`
  花子/はなこ 太郎/たろう ウメ/うめ 一郎/いちろう 咲/さき 蓮/れん 陽葵/ひまり 湊/みなと 千代/ちよ 清/きよし フミ/ふみ 勇/いさむ 美月/みつき 大翔/はると 和子/かずこ 茂/しげる
  あおい/あおい 樹/いつき 節子/せつこ 昭/あきら ハル/はる 実/みのる 結衣/ゆい 悠真/ゆうま 静江/しずえ 博/ひろし 凛/りん 颯太/そうた 光子/みつこ 勝/まさる トミ/とみ 健二/けんじ`);
