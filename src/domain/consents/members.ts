// Who of the household speaks: a registered person, by id. A name is how they are shown, and decides only where nobody else has it.
import type { Tx } from '../../base/db.js';
import { findClients } from '../people/clients.js';
import { foldName } from '../people/fold.js';
import { membersOf } from '../people/households.js';
import { refuse, textAt, type Answers } from '../records/answers.js';

export interface Member {
  /** null: of the household, but not registered. */
  memberId: string | null;
  memberName: string;
}

/** The fields of a form that say who it is; and where they stand in the answers, for the refusal. */
export interface MemberFields {
  id: string;
  name: string;
  /** What tells two of one name apart where the form asks for no id (F01, whose household has none yet). */
  relation?: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The member of the case's household that a form names: by `memberId`; without one, by a name that exactly one of them has, or one
 * of that relation.
 * @throws Problem form_invalid when the id is nobody's of this household, or two have that name and nothing says which
 */
export async function memberIn(tx: Tx, caseId: string, answers: Answers, keys: MemberFields, at: MemberFields): Promise<Member> {
  const id = textAt(answers, keys.id);
  const said = textAt(answers, keys.name)?.normalize('NFC') ?? null;
  const members = (await membersOf(tx, caseId)).filter(({ relation }) => relation !== 'subject');
  const clients = await findClients(tx, members.map(({ clientId }) => clientId));
  if (id !== null) {
    const found = uuid.test(id) ? clients.find((client) => client.id === id.toLowerCase()) : undefined;
    if (!found) return refuse([at.id, 'このケースの世帯員の番号ではありません。世帯の一覧から選んでください。']);
    return { memberId: found.id, memberName: (found.name || found.knownAs || said || '氏名不詳').normalize('NFC') };
  }
  if (said === null) return refuse([at.name, '世帯員の氏名を入力してください。']);
  const same = clients.filter((client) => foldName(client.name) === foldName(said));
  const exact = same.filter((client) => client.name.normalize('NFC') === said);
  const relation = keys.relation === undefined ? null : textAt(answers, keys.relation);
  const alike = exact.length === 1 ? exact : same;
  const related = alike.filter(({ id: one }) => members.some((member) => member.clientId === one && member.relation === relation));
  const [one, ...others] = alike.length > 1 && related.length > 0 ? related : alike;
  if (others.length > 0 && Object.hasOwn(answers, keys.id)) return refuse([at.id, '同じ氏名の世帯員が二人以上います。世帯の一覧から番号で選んでください。']);
  if (others.length > 0) return refuse([at.relation ?? at.name, '同じ氏名の世帯員が二人以上います。どの人の答えか、続柄で示してください。それでも決まらないときは、この行を外し、受付のあとに同意書（F10）で世帯員を選んで記録してください。']);
  return { memberId: one?.id ?? null, memberName: said };
}
