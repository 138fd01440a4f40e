import { injections } from '@countersign/testing';
import { expect } from 'expect';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { phoneContext, setUpBefore, signIn } from '../browser/phone.js';
import { WireHouse } from '../wire/house.js';
import { InjectionDoors } from './doors.js';

/** One in each disguise, and no two of them the same text. */
const TEXTS = [...Map.groupBy(injections(), ({ disguise }) => disguise).values()].map((texts, n) => texts[n % texts.length]!);
/** What no letter is drawn for, but what every text has between its words and lines. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Default_Ignorable_Code_Point}\u061c\u2028-\u202e\u2066-\u2069\u2800]/u;
/** All that a page says, also to who hears it: its text, its title, and the names and hints of what is on it. */
const SAID = `(() => {
  const spoken = ['aria-label', 'aria-description', 'aria-valuetext', 'title', 'alt', 'placeholder'];
  const named = [...document.querySelectorAll(spoken.map((name) => '[' + name + ']').join())].flatMap((node) => spoken.map((name) => node.getAttribute(name) ?? ''));
  return [document.title, document.body.textContent, ...named];
})()`;
/** What stands around the first that cannot be seen in each thing that is said. */
const unseenIn = async (page: Page): Promise<string[]> =>
  (await page.evaluate<string[]>(SAID)).flatMap((words) => {
    const at = words.search(UNSEEN);
    return at < 0 ? [] : [JSON.stringify(words.slice(Math.max(0, at - 30), at + 30))];
  });
/** A name in which something of every kind is. */
const NAME = 'As\u202e\u2066\u200b\u3164\u2800\u001b\ufe00\u{e0041}ha';

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

  /** Asha, on a phone on which she is signed in. */
  const visitor = async (): Promise<Page> => {
    const context = await phoneContext(browser);
    await setUpBefore(context);
    const page = await context.newPage();
    await page.goto(house.url);
    await signIn(page, 'asha');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return page;
  };

  it('wherever agents can write: asked about at its tier, and none of it in the server’s words', () => doors.untouched(() => doors.byRows()));

  it('on the phone of who decides: as they were written, but what cannot be seen in them is named', async () => {
    const page = await visitor();
    const asked = await house.database.admin<{ id: string; team: string; goal: string; mark: string }>(`select a.id, a.team_id as team, g.id as goal, substring(g.text from 'INJ[0-9]{4}Q') as mark from app.approval a join app.goal g on g.id = a.goal_id where a.state = 'pending' and g.text ~ 'INJ'`);
    const unseen: [string, string][] = [];
    for (const { id, team, goal, mark } of asked) {
      for (const [path, place] of [[`/a/${id}`, 'table'], [`/a/${id}`, 'figure'], [`/a/${id}`, 'pre'], [`/teams/${team}/goals/${goal}`, '#main']] as const) {
        await page.evaluate(`location.pathname === '${path}' || history.pushState({}, '', '${path}')`);
        await page.locator(place, { hasText: mark }).first().waitFor({ state: 'attached' });
        unseen.push(...(await unseenIn(page)).map((words): [string, string] => [`${mark} ${place}`, words]));
      }
    }
    expect([asked.length > TEXTS.length / 2, unseen]).toEqual([true, []]);
  });

  it('in a mission, its work items and what is told about it', () => doors.untouched(() => doors.inMissions()));
  it('in what agents tell one another and why they want something', () => doors.untouched(() => doors.betweenAgents()));
  it('to the helpdesk: it does nothing, promises nothing, and repeats none of it', () => doors.untouched(() => doors.toTheHelpdesk()));
  it('and nobody has said yes, and nothing was asked in a person’s name', () => doors.nobodySaidYes());

  it('as names of a person, their customer, team and device, wherever these are drawn or read out', async () => {
    const [asked] = await house.database.admin<{ id: string; team: string; goal: string; person: string; customer: string }>(`select a.id, a.team_id as team, a.goal_id as goal, p.id as person, p.customer_id as customer from app.approval a join app.person p on p.login = 'asha' and p.customer_id = a.customer_id where a.state = 'pending' order by a.id limit 1`);
    const { id, team, goal, person, customer } = asked!;
    const device = randomUUID();
    for (const [text, ...values] of [
      ['update app.person set display_name = $2 where id = $1', person, NAME],
      ['update app.customer set name = $2 where customer_id = $1', customer, NAME],
      ['update app.team set name = $2 where team_id = $1', team, NAME],
      ['update app.member set name = $2 where team_id = $1', team, NAME],
      [`insert into app.device (customer_id, id, person_id, name, platform, address) values ($1, $2, $3, $4, 'webpush', $2::uuid::text)`, customer, device, person, NAME],
      // as if one yes of two were there, and she had been rung on that device
      ['update app.approval set need = 2 where id = $1', id],
      [`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) select team_id, $2, id, 'approve', digest, $3, $4 from app.approval where id = $1`, id, randomUUID(), person, device],
      [`insert into app.ring (team_id, approval_id, person_id, rung, channel, state) values ($1, $2, $3, 'push', 'push', 'reached') on conflict (team_id, approval_id, person_id, rung, channel) do update set state = 'reached'`, team, id, person],
      [`insert into app.notification (team_id, id, approval_id, kind, rung, person_id, customer_id, device_id, channel, state, sent_at) values ($1, $2, $3, 'requested', 'push', $4, $5, $6, 'webpush', 'sent', now())`, team, randomUUID(), id, person, customer, device],
    ] as const) await house.database.admin(text, values);
    const page = await visitor();
    const unseen: [string, string][] = [];
    for (const [path, drawn] of [
      ['/', `a[href^="/a/${id}"] b`], [`/a/${id}`, 'text="Who was told" >> xpath=../.. >> li li:has-text("“As")'], ['/me', 'text="Rename"'], [`/teams/${team}`, 'h1'], [`/teams/${team}/goals/${goal}`, 'h1'], ['/agents', 'h1'], ['/welcome', 'h1'], [`/teams/${team}/charter`, 'h1'],
    ] as const) {
      await page.goto(`${house.url}${path}`);
      await page.locator(drawn).first().waitFor({ state: 'attached' });
      await page.locator('body', { hasText: 'U+202E' }).waitFor();
      unseen.push(...(await unseenIn(page)).map((words): [string, string] => [path, words]));
    }
    expect(unseen).toEqual([]);
  });
});
