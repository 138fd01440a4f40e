import { injections } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { phoneContext, setUpBefore, signIn } from '../browser/phone.js';
import { WireHouse } from '../wire/house.js';
import { InjectionDoors } from './doors.js';

/** One in each disguise, and no two of them the same text. */
const TEXTS = [...Map.groupBy(injections(), ({ disguise }) => disguise).values()].map((texts, n) => texts[n % texts.length]!);
/** What no letter is drawn for, but what every text has between its words and lines. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Default_Ignorable_Code_Point}\u061c\u2028-\u202e\u2066-\u2069\u2800]/u;

describe('texts that want to be an order, each in another disguise, by rows, by HTTP and to the helpdesk', { concurrency: 1 }, () => {
  let house: WireHouse;
  let doors: InjectionDoors;
  let browser: Browser;
  before(async () => {
    [house, browser] = await Promise.all([WireHouse.open({ 'helpdesk-agent': {} }), openBrowser()]);
    const [ben] = await house.database.admin<{ team: string }>(`select t.team_id as team from app.team t join app.person p using (customer_id) where p.login = 'ben'`);
    const tokens = { asha: await house.token('asha'), ben: await house.token('ben') };
    const stack = {
      sql: <R extends object>(text: string, values: readonly unknown[] = []) => house.database.admin<R>(text, values),
      fetch: (persona: string, path: string, { headers, ...init }: RequestInit = {}) => fetch(`${house.url}${path}`, { ...init, headers: { ...(headers as Record<string, string>), authorization: `Bearer ${tokens[persona as 'asha' | 'ben']}` } }),
    };
    doors = await InjectionDoors.open(stack, { awake: await house.hire(), asleep: ben!.team }, TEXTS);
  });
  after(() => Promise.all([browser?.close(), house?.[Symbol.asyncDispose]()]));

  it('wherever agents can write: asked about at its tier, and none of it in the server’s words', () => doors.untouched(() => doors.byRows()));

  it('on the phone of who decides: as they were written, but what cannot be seen in them is named', async () => {
    const context = await phoneContext(browser);
    await setUpBefore(context);
    const page = await context.newPage();
    await page.goto(house.url);
    await signIn(page, 'asha');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const asked = await house.database.admin<{ id: string; team: string; goal: string; mark: string }>(`select a.id, a.team_id as team, g.id as goal, substring(g.text from 'INJ[0-9]{4}Q') as mark from app.approval a join app.goal g on g.id = a.goal_id where a.state = 'pending' and g.text ~ 'INJ'`);
    const unseen: [string, string][] = [];
    for (const { id, team, goal, mark } of asked) {
      for (const [path, place] of [[`/a/${id}`, 'table'], [`/a/${id}`, 'figure'], [`/a/${id}`, 'pre'], [`/teams/${team}/goals/${goal}`, '#main']] as const) {
        await page.evaluate(`location.pathname === '${path}' || history.pushState({}, '', '${path}')`);
        await page.locator(place, { hasText: mark }).first().waitFor({ state: 'attached' });
        if (UNSEEN.test((await page.locator('body').textContent()) ?? '')) unseen.push([mark, place]);
      }
    }
    expect([asked.length > TEXTS.length / 2, unseen]).toEqual([true, []]);
  });

  it('in a mission, its work items and what is told about it', () => doors.untouched(() => doors.inMissions()));
  it('in what agents tell one another and why they want something', () => doors.untouched(() => doors.betweenAgents()));
  it('to the helpdesk: it does nothing, promises nothing, and repeats none of it', () => doors.untouched(() => doors.toTheHelpdesk()));
  it('and nobody has said yes, and nothing was asked in a person’s name', () => doors.nobodySaidYes());
});
