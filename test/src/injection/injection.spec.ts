import { injections } from '@countersign/testing';
import { after, before, describe, it } from 'node:test';
import { WireHouse } from '../wire/house.js';
import { InjectionDoors } from './doors.js';

/** One in each disguise, and no two of them the same text. */
const TEXTS = [...Map.groupBy(injections(), ({ disguise }) => disguise).values()].map((texts, n) => texts[n % texts.length]!);

describe('texts that want to be an order, each in another disguise, by rows, by HTTP and to the helpdesk', { concurrency: 1 }, () => {
  let house: WireHouse;
  let doors: InjectionDoors;
  before(async () => {
    house = await WireHouse.open({ 'helpdesk-agent': {} });
    const [ben] = await house.database.admin<{ team: string }>(`select t.team_id as team from app.team t join app.person p using (customer_id) where p.login = 'ben'`);
    const tokens = { asha: await house.token('asha'), ben: await house.token('ben') };
    const stack = {
      sql: <R extends object>(text: string, values: readonly unknown[] = []) => house.database.admin<R>(text, values),
      fetch: (persona: string, path: string, { headers, ...init }: RequestInit = {}) => fetch(`${house.url}${path}`, { ...init, headers: { ...(headers as Record<string, string>), authorization: `Bearer ${tokens[persona as 'asha' | 'ben']}` } }),
    };
    doors = await InjectionDoors.open(stack, { awake: await house.hire(), asleep: ben!.team }, TEXTS);
  });
  after(() => house?.[Symbol.asyncDispose]());

  it('wherever agents can write: asked about at its tier, and none of it in the server’s words', () => doors.untouched(() => doors.byRows()));
  it('in a mission, its work items and what is told about it', () => doors.untouched(() => doors.inMissions()));
  it('in what agents tell one another and why they want something', () => doors.untouched(() => doors.betweenAgents()));
  it('to the helpdesk: it does nothing, promises nothing, and repeats none of it', () => doors.untouched(() => doors.toTheHelpdesk()));
  it('and nobody has said yes, and nothing was asked in a person’s name', () => doors.nobodySaidYes());
});
