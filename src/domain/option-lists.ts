// What may be chosen where a form asks for an agency: as the 機関マスタ (F90) and the city's group inboxes are at that moment. Forms name a
// list (`properties.options`); its members, their names and who belongs to it stand here.
import type { Tx } from '../base/db.js';
import { seatOfAgency } from './agencies.js';

export interface Choice {
  value: string;
  label: string;
}

/** The same members as the engine's; the two floors know nothing of each other. */
export interface ChoiceList {
  options: readonly Choice[];
  /** What is in the list no more, or not now: refused by its name, and named where it was once chosen. */
  gone: readonly Choice[];
}

export interface AgencyFacts {
  code: string;
  name: string;
  kind: string;
  active: boolean;
  canIntake: boolean;
  canJoinConfidential: boolean;
}

export interface GroupFacts {
  key: string;
  name: string;
  kind: string;
  agencyCode: string | null;
}

interface City {
  agencies: readonly AgencyFacts[];
  groups: readonly GroupFacts[];
}

/** A member of a list: whether it may be chosen now, and whether its agency has stopped. */
type Member = Choice & { now: boolean; ended: boolean };

const always = (): boolean => true;

const agencies = (may: (agency: AgencyFacts) => boolean) => (city: City): Member[] => city.agencies.map((agency) => ({ value: agency.code, label: agency.name, now: agency.active && may(agency), ended: !agency.active }));

/** A 連携担当 is called as its agency is; any other inbox by what it is, and whose. */
const labelOf = (group: GroupFacts, agency: AgencyFacts): string => (group.kind === 'section_lead' ? agency.name : `${group.name.replace(/[(（].*$/, '')}（${agency.name}）`);

/** @param may what its agency has to be, besides active */
const groups = (kinds: readonly string[], may: (agency: AgencyFacts) => boolean = always) => (city: City): Member[] => {
  const ordered = kinds.flatMap((kind) => city.agencies.flatMap(({ code }) => city.groups.filter((group) => group.kind === kind && group.agencyCode === code)));
  const found = ordered.map((group) => {
    const agency = city.agencies.find(({ code }) => code === group.agencyCode)!;
    return { group, label: labelOf(group, agency), now: agency.active && may(agency), ended: !agency.active };
  });
  return found.map(({ group, label, ...rest }) => ({ value: group.key, label: found.filter((one) => one.label === label).length > 1 ? group.name : label, ...rest }));
};

/** Agencies that no inbox is kept for here, as seats and roles name them. */
const outside = (may: (agency: AgencyFacts) => boolean) => (city: City): Member[] =>
  city.agencies.map((agency) => {
    const alone = !city.groups.some(({ agencyCode }) => agencyCode === agency.code);
    return { value: seatOfAgency(agency.code), label: agency.name, now: agency.active && may(agency) && alone, ended: !agency.active && alone };
  });

const both = (...parts: readonly ((city: City) => Member[])[]) => (city: City): Member[] => parts.flatMap((part) => part(city));
const mayJoin = ({ canJoinConfidential }: AgencyFacts): boolean => canJoinConfidential;

/** What is told of the past, or ends something, may name who has stopped. */
const ever = (members: (city: City) => Member[]) => (city: City): Member[] => {
  const known = members(city);
  return [...known.filter(({ ended }) => !ended), ...known.filter(({ ended }) => ended).map((one) => ({ ...one, label: `${one.label}（いまは活動していない）`, now: true }))];
};

const sitting = ['section_lead', 'coordinator', 'outreach'];
const lists: Readonly<Record<string, (city: City) => Member[]>> = {
  // every agency that works with the city, with an inbox here or without: whom a consent names, who was told
  agencies: agencies(always),
  'agencies.intake': agencies(({ canIntake }) => canIntake),
  // whom a withdrawal takes the consent from: also one that has stopped
  'agencies.ever': ever(agencies(always)),
  // whoever is given something to do: only where it arrives
  'groups.leads': groups(['section_lead']),
  'groups.leads.ever': ever(groups(['section_lead'])),
  'groups.coordinators': groups(['coordinator']),
  'groups.approach': groups(['section_lead', 'outreach']),
  'groups.doers': groups(sitting),
  // who sits in a meeting, by an inbox or without one; in a 支援会議 whom F90 lets
  seats: both(groups(sitting), outside(always)),
  'seats.confidential': both(groups(sitting, mayJoin), outside(mayJoin)),
  'seats.ever': ever(both(groups(sitting), outside(always))),
  // who knows of a case, has a part in it, or is left out
  parties: both(groups(['section_lead']), outside(always)),
};

/** Names that forms may use. */
export const optionListNames: ReadonlySet<string> = new Set(Object.keys(lists));

/** The lists of a city. @param wanted all where left out */
export function optionLists(city: City, wanted: readonly string[] = [...optionListNames]): Map<string, ChoiceList> {
  const of = (members: readonly Member[], now: boolean): Choice[] => members.filter((one) => one.now === now).map(({ value, label }) => ({ value, label }));
  return new Map(wanted.flatMap((name): [string, ChoiceList][] => {
    const members = lists[name]?.(city);
    return members ? [[name, { options: of(members, true), gone: of(members, false) }]] : [];
  }));
}

/** The lists as they are now. City sections first, then who works for it, then who works with it. */
export async function readOptionLists(tx: Pick<Tx, 'db'>, wanted?: readonly string[]): Promise<Map<string, ChoiceList>> {
  const [row] = await tx.db.$queryRawUnsafe<{ agencies: AgencyFacts[]; groups: GroupFacts[] }[]>(
    `select coalesce((select jsonb_agg(jsonb_build_object('code', code, 'name', name, 'kind', kind, 'active', active, 'canIntake', can_intake, 'canJoinConfidential', can_join_confidential)
         order by array_position('{city,contractor,subsidised,community}', kind), code) from agency), '[]') as agencies,
       coalesce((select jsonb_agg(jsonb_build_object('key', key, 'name', name, 'kind', kind, 'agencyCode', agency_code) order by key) from work_group where agency_code is not null), '[]') as groups`,
  );
  return optionLists(row!, wanted);
}
