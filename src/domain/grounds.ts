// 根拠: what a ground of the law asks of who gives and who receives (domain.md §3.1).
import type { Tx } from '../base/db.js';

export interface Grounded {
  /** A code of legal_basis. */
  ground: string;
  /** Codes of agencies. */
  from: string;
  to: string;
  /** Whether a contractor's telling counts as the city's, whose work it does (66条2項): for slips, not for what is handed over otherwise. */
  forTheCity?: boolean;
}

/** Why this ground does not bear telling that agency, in Japanese; null: it does. */
export async function whyGroundFails(tx: Pick<Tx, 'db'>, { ground, from, to, forTheCity = false }: Grounded): Promise<string | null> {
  const agencies = new Map((await tx.db.agency.findMany({ where: { code: { in: [from, to] } }, select: { code: true, kind: true, isContractor: true } })).map((one) => [one.code, one]));
  const giver = agencies.get(from);
  const receiver = agencies.get(to);
  const isCity = giver?.kind === 'city';
  if (ground === '69-2-2' && !(isCity && receiver?.kind === 'city')) return '内部での利用（69条2項2号）は、市の課どうしに限ります。';
  if ((ground === '69-2-3' || ground === '69-2-4') && !isCity && !(forTheCity && giver?.isContractor === true)) return '69条2項は市が提供するときの根拠です。';
  if (ground === '27-1' && isCity) return '27条は民間の機関が提供するときの根拠です。';
  if (ground === '66-2' && !(isCity && receiver?.isContractor === true)) return '委託先への提供は、市から受託者に限ります。';
  return null;
}
