import { uuidv7, type Board, type Created, type EvolutionProposal, type Me, type MemberList } from '@countersign/contracts';
import { LocalStack, until } from '@countersign/testing';
import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { faultsOf } from '../browser/accessible.js';
import { openBrowser } from '../browser/chromium.js';
import { canBeNotified, pushService, willAnswer } from '../browser/notifying.js';
import { setUpBefore, signIn } from '../browser/phone.js';
import { everyState, type EveryState } from '../stack/every-state.js';
import { approve } from '../stack/goals.js';

const SHOWN_MS = 60_000;
const ROUTER = fileURLToPath(new URL('../../../apps/web/src/router.tsx', import.meta.url));
type Reach = (page: Page) => Promise<unknown>;

const EVOLUTION = {
  title: 'Teams answer mail by themselves',
  current: 'A person approves each letter',
  proposed: 'Answers from a list go without one',
  rationale: ['Most letters are the same five'],
  criteria: { increasesScope: [], reducesApprovals: ['no person reads these letters'], addsAccess: [], weakensSafety: [] },
  seed: { seed_id: 'GEN-010', type: 'scope', decision: 'Listed answers need no approval', principle: 'What was approved word by word may be said again', applies_to: ['team_coordination'] },
} satisfies EvolutionProposal;

/** Axe, the widths and the sizes of text, on every screen that the app has, with rows that make it one. */
describe('every screen', { concurrency: 1 }, () => {
  let stack: LocalStack;
  let browser: Browser;
  let scene: EveryState;
  let push: Awaited<ReturnType<typeof pushService>>;
  const been = new Set<string>();
  const pages = new Map<string, Promise<Page>>();

  /** A browser of a persona's, set up and signed in; of nobody's, neither. */
  const opened = async (persona: string | undefined, more: BrowserContextOptions = { serviceWorkers: 'block' }, prepare?: (context: BrowserContext) => Promise<unknown>): Promise<Page> => {
    // Motion off: the colours of a step between two are nobody's choice.
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin', ...more });
    context.setDefaultTimeout(SHOWN_MS);
    await prepare?.(context);
    const page = await context.newPage();
    if (persona === undefined) return page;
    await setUpBefore(context);
    await page.goto(`${stack.url}/me`);
    await signIn(page, persona);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return page;
  };
  const pageOf = (persona = 'nobody'): Promise<Page> => {
    const page = pages.get(persona) ?? opened(persona === 'nobody' ? undefined : persona);
    pages.set(persona, page);
    return page;
  };

  /** Comes to an address as a link of the app does, without a new start of it, and stays until what it shows is there. */
  const visit = (path: string, shown: string | RegExp, then?: Reach): Reach => async (page) => {
    if (!page.url().startsWith(stack.url)) await page.goto(`${stack.url}${path}`);
    else if (page.url() !== `${stack.url}${path}`) await page.evaluate(`history.pushState({}, '', ${JSON.stringify(path)})`);
    await page.getByText(shown).first().waitFor();
    await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
    await then?.(page);
  };
  /** The app starts anew, and with it what it has read. */
  const afresh = async (persona: string): Promise<unknown> => (await pageOf(persona)).goto(`${stack.url}/me`);
  const press = (name: string | RegExp): Reach => (page) => page.getByRole('button', { name }).first().click();

  /** How one comes to a screen, or to it and what is opened over it then. */
  type Way = Reach | readonly [Reach, Reach];
  const clean = async (persona: string | undefined, screens: Readonly<Record<string, Way>>): Promise<void> => {
    const page = await pageOf(persona);
    const faults: string[] = [];
    for (const [name, way] of Object.entries(screens)) {
      const [reach, open] = typeof way === 'function' ? [way] : way;
      faults.push(...(await faultsOf(page, { name, reach, open })));
      been.add(new URL(page.url()).pathname);
    }
    expect(faults).toEqual([]);
  };

  before(async () => {
    push = await pushService();
    [stack, browser] = await Promise.all([LocalStack.start({ env: push.env }), openBrowser()]);
    scene = await everyState(stack);
  });
  after(() => Promise.all([browser?.close(), stack?.close(), push?.double[Symbol.asyncDispose]()]));

  it('of who is not signed in', () =>
    clean(undefined, {
      'sign in': visit('/', 'Sign in'),
      'sign in failed': visit('/?signin=failed&return=%2Fa%2F1', 'The sign-in did not work', async (page) => {
        await page.getByText('Then you see the request you were called for').waitFor();
        expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/auth/login?return=%2Fa%2F1');
      }),
      'verify': visit('/verify', 'Choose a receipt'),
      'personas': (page) => page.goto(`${stack.url}/auth/login`),
    }));

  it('of the inbox', () =>
    clean('asha', {
      'inbox': visit('/', /\d+ waiting/),
      'inbox, deferred': visit('/?show=deferred', 'Put off until'),
      'inbox, done': visit('/?show=done', 'Expired'),
    }));

  /** A request in some state, by its title; and, while it waits, until this browser has hashed what would be countersigned. */
  const asked = (name: keyof EveryState['copies'], shown: string | RegExp, then?: Reach): Reach => (page) => visit(`/a/${scene.copies[name].id}`, scene.copies[name].title, async () => {
    await page.getByText(shown).first().waitFor();
    await then?.(page);
  })(page);
  const HASHED = /files? match(?:es)? what you would countersign/;
  /** What others will see is either on the screen to its end, or done without by name. */
  const withoutLooking: Reach = async (page) => {
    const without = page.getByRole('button', { name: /^I looked at it elsewhere, or do without/ });
    await without.first().waitFor();
    await without.evaluateAll((buttons) => (buttons as unknown as { click(): void }[]).forEach((button) => button.click()));
  };
  /** What the server says of a page, with other words in it, while it is looked at. */
  const changed = async (path: string, change: object, look: () => Promise<unknown>): Promise<void> => {
    const page = await pageOf('asha');
    await page.route(`**${path}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), ...change } });
    });
    await look();
    await page.unrouteAll({ behavior: 'wait' }); // an answer that is still on its way is given first
  };
  it('of a request that waits', async () => {
    await clean('asha', {
      'waiting, second version': visit(`/a/${scene.waiting}`, HASHED),
      'waiting, escalated': asked('escalated', HASHED),
      'waiting, asked': asked('asked', HASHED),
      'waiting, put off': asked('putOff', HASHED),
      'waiting, without a passkey': asked('seen', 'This device has no passkey'),
      'waiting, a letter': asked('letter', HASHED, (page) => page.getByRole('img', { name: 'out/logo.png, as it will be' }).scrollIntoViewIfNeeded()),
      'waiting, a webhook': asked('webhook', HASHED, (page) => page.getByText('"nilgiri": 40').waitFor()),
      'waiting, of high risk': asked('grave', HASHED),
      'confirm': [asked('grave', HASHED, withoutLooking), press('Approve')],
    });
    await changed('/v1/me', { hasty: true }, async () => {
      await afresh('asha');
      await clean('asha', { 'waiting, of who approves hastily': asked('plain', 'This is the end of what changes.', (page) => page.getByText(/^You have approved faster than this can be read/).waitFor()) });
    });
    await afresh('asha');
  });

  it('of what became of a request', async () => {
    const { failed, withdrawn } = scene.copies;
    for (const [state, words] of [['approved', 'Waiting to be carried out'], ['executing', 'Being carried out']] as const)
      await changed(`/v1/approvals/${failed.id}`, { state, effect: null }, () => clean('asha', { [state]: asked('failed', words) }));
    const { personId } = await stack.get<Me>('asha', '/v1/me');
    await (await pageOf('asha')).evaluate(`localStorage.setItem('countersign.draft.${personId}.${withdrawn.id}.deny', 'Not before the release, which is on Monday')`);
    await clean('asha', {
      'held': asked('held', 'Denied'),
      'denied': asked('denied', 'Nothing leaves the team'),
      'sent back': visit(`/a/${scene.sentBack}`, 'Changes requested'),
      'replaced': asked('replaced', 'The team has changed its work since'),
      'expired': asked('expired', 'That is neither a yes nor a no'),
      'withdrawn, with words that were not sent': asked('withdrawn', 'so nothing left the team', (page) => page.getByText('You wrote this, and did not send it').waitFor()),
      'failed': asked('failed', 'Approved, but it failed'),
      'unknown': asked('unknown', 'Outcome unknown'),
    });
  });

  /** The answers that lie behind *More*; at a desk *Deny* stands beside it. */
  const more = (name: RegExp): Reach => async (page) => {
    await press(/^More/)(page);
    await page.getByRole('dialog').getByRole('button', { name }).click();
    await page.locator('[role=dialog] :focus').waitFor(); // what was pressed is gone, and the focus has to be somewhere
  };
  const isDesk = (page: Page): boolean => page.viewportSize()!.width > 1000;
  it('of the sheets on a request', () => {
    const plain = asked('plain', HASHED);
    return clean('asha', {
      'more': [plain, press(/^More/)],
      'changes': [plain, press(/changes$/i)],
      'deny': [plain, (page) => (isDesk(page) ? press('Deny') : more(/^Deny/))(page)],
      'ask': [plain, more(/^Ask the team/)],
      'put it off': [plain, more(/^Put it off/)],
      'escalate': [plain, more(/^Escalate/)],
      'remark': asked('plain', HASHED, async (page) => {
        await press('Comment on a line')(page);
        await page.getByLabel(/^Comment on line/).fill('Which unit?');
      }),
    });
  });

  it('of a sheet whose screen is turned: nothing of it lies over the other layout', async () => {
    const page = await pageOf('asha');
    const turned = async (width: number): Promise<void> => {
      await page.setViewportSize({ width, height: 844 });
      await page.locator('[role=dialog]').waitFor({ state: 'detached' });
    };
    await page.setViewportSize({ width: 390, height: 844 });
    await asked('other', HASHED, press(/^More/))(page);
    await turned(1440);
    await press('Deny')(page);
    await page.getByRole('dialog', { name: 'Deny' }).waitFor();
    await turned(390);
    await press(/changes$/i)(page);
    await page.getByRole('dialog', { name: 'Request changes' }).getByRole('button', { name: 'Close' }).click();
    await page.locator('[role=dialog]').waitFor({ state: 'detached' });
  });

  it('of what was done', async () => {
    await approve(stack, scene.waiting);
    await clean('asha', { 'pushed': visit(`/a/${scene.waiting}`, 'Pushed'), 'one yes of two': asked('halfway', 'You said yes') });
  });

  it('of a request that is not what would be countersigned, and of one that cannot be sent', async () => {
    const page = await pageOf('asha');
    await page.route('**/artifacts/*/versions/*/content', (route) => route.fulfill({ contentType: 'text/plain', body: 'Something else' }));
    await clean('asha', { 'differs': (at) => at.goto(`${stack.url}/a/${scene.copies.other.id}`).then(() => at.getByText(/^Not what would be countersigned/).first().waitFor()) });
    await page.unroute('**/artifacts/*/versions/*/content');
    await afresh('asha');
    await clean('asha', {
      'offline': asked('saved', HASHED, async () => {
        await page.context().setOffline(true);
        await page.getByText(/^You are offline/).first().waitFor();
      }),
      'saved': async () => {
        await (isDesk(page) ? press('Deny') : more(/^Deny/))(page);
        await press('Not now')(page);
        await press('Deny it')(page);
        await page.getByText('Saved on this phone – not sent').first().waitFor();
      },
      'saved, in the list': visit('/', 'Saved on this phone – not sent'),
    });
    await stack.sql(`update app.approval set due_at = clock_timestamp() where id = $1`, [scene.copies.saved.id]);
    await until('it expires', async () => (await stack.sql(`select 1 from app.approval where id = $1 and state = 'expired'`, [scene.copies.saved.id])).length === 1);
    await page.context().setOffline(false);
    await clean('asha', { 'another look': visit('/', 'Needs another look'), 'another look, opened': asked('saved', 'I have seen it') });
  });

  it('of a column whose cards are put in another order: by a grip with the mouse, and with the keys', async () => {
    const page = await pageOf('asha');
    await page.setViewportSize({ width: 1440, height: 900 });
    await visit(`/teams/${scene.team}?tab=board`, 'Who reviews')(page);
    const columns = async () => (await stack.get<Board>('asha', `/v1/teams/${scene.team}/board`)).columns;
    const { id, title, tasks: [first, second] } = (await columns()).find(({ tasks }) => tasks.length > 1)!;
    // by its place: several goals may have a task of the same name
    const grip = (place: number) => page.getByRole('region', { name: title, exact: true }).getByRole('button', { name: /^Move / }).nth(place);
    const said = (words: string) => page.getByText(words).first().waitFor({ state: 'attached' });
    const stands = async (...order: readonly string[]): Promise<void> => {
      await until('the order is kept', async () => (await columns()).find((column) => column.id === id)!.tasks.slice(0, 2).map((card) => card.id).join() === order.join());
      await until('the next may be taken', () => grip(0).isEnabled());
    };
    await grip(0).scrollIntoViewIfNeeded();
    const [from, to] = [(await grip(0).boundingBox())!, (await grip(1).boundingBox())!];
    await page.mouse.move(from.x + 9, from.y + 20);
    await page.mouse.down();
    await page.mouse.move(to.x + 9, to.y + 24, { steps: 8 });
    await said(`${first!.title} is over place 2`);
    await page.mouse.up();
    await stands(second!.id, first!.id);
    await grip(1).press('Space');
    await said(`${first!.title} is over place 2`);
    await grip(1).press('ArrowUp');
    await said(`${first!.title} is over place 1`);
    await grip(1).press('Space');
    await stands(first!.id, second!.id);
  });

  it('of the board', () => {
    const board = visit(`/teams/${scene.team}?tab=board`, 'Who reviews');
    return clean('asha', { 'board': board, 'add a task': [board, press('Add a task')], 'who reviews': [board, press('Who reviews')], 'more for a task': [board, press(/^More for/)] });
  });

  it('of the teams', async () => {
    const alert = { team: scene.team, id: uuidv7(), agent: uuidv7() };
    await stack.sql(`insert into app.alert (team_id, id, customer_id, kind, stops, agent_id) select team_id, $2, customer_id, 'asks_too_often', 'agent', $3 from app.team where team_id = $1`, [alert.team, alert.id, alert.agent]);
    await stack.fetch('asha', `/v1/teams/${scene.team}/messages`, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': uuidv7() }, body: JSON.stringify({ text: 'Mind the README', attachments: [{ name: 'brief.txt', contentBase64: 'UmVhZCB0aGlz' }] }) });
    const messages = visit(`/teams/${scene.team}?tab=members`, 'Mind the README');
    const here = visit(`/teams/${scene.team}`, 'so far');
    const menu = press('What you can do with this team');
    await clean('asha', {
      'inbox, alert': visit('/', 'it asked for approval too often'),
      'teams': visit('/teams', 'What can be hired'),
      'team': here,
      'team, menu': [here, menu],
      'suspend': [here, async (page) => {
        await menu(page);
        await page.getByRole('menuitem', { name: /^Suspend/ }).click();
        await page.getByLabel('Why?').waitFor();
      }],
      'messages': messages,
      'put messages away': [messages, press(/^Put away/)],
      'erase a message': [messages, press(/^Erase/)],
      'stop a member at once': [messages, async (page) => {
        await page.getByLabel('To', { exact: true }).selectOption({ index: 1 });
        await page.getByRole('textbox', { name: 'Message' }).fill('Enough');
        await page.getByRole('button', { name: 'Stop at once' }).click();
        await page.getByText('nothing that waits for it begins').waitFor();
      }],
      'team, goals': visit(`/teams/${scene.team}?tab=goals`, 'Expired'),
      'team, spending': visit(`/teams/${scene.team}?tab=spending`, 'Model tokens'),
      'goal': visit(`/teams/${scene.team}/goals/${scene.goal.id}`, 'Tasks'),
      'team, charter': visit(`/teams/${scene.team}/charter`, 'Alignment'),
      'bundles': visit('/bundles', 'Bundles'),
      'bundle': visit('/bundles/code-care', 'Mira'),
    });
  });

  it('of a member that asks, and of one that is asked to end', async () => {
    const page = await pageOf('asha');
    const asked = { id: uuidv7(), state: 'open', of: 'user', member: { id: uuidv7(), name: 'Dora' }, taskId: uuidv7(), goalId: scene.goal.id, title: 'Document what the package exports', question: 'Which licence is it under?', choices: ['MIT', 'Apache-2.0'], at: new Date().toISOString(), dueAt: new Date(Date.now() + 600_000).toISOString(), answeredAt: null, answeredBy: '', answer: '' };
    const before = { ...asked, id: uuidv7(), state: 'answered', question: 'In which language?', answer: 'English', answeredBy: 'Asha', answeredAt: asked.at };
    const newer = Array.from({ length: 21 }, (_, n) => ({ ...before, id: uuidv7(), question: `Newer ${n}?` }));
    let waits = true; // open it is not among the newest
    await page.route('**/clarifications?*', (route) => route.fulfill({ json: { items: new URL(route.request().url()).searchParams.get('open') === 'true' ? (waits ? [asked] : []) : waits ? newer.slice(0, 20) : [{ ...asked, state: 'timeout' }, ...newer], nextCursor: null } }));
    await page.route(`**/v1/teams/${scene.team}/members`, async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as MemberList;
      const shutdown = { id: uuidv7(), state: 'refused' as const, reason: 'We move the machine', askedAt: asked.at, dueAt: asked.dueAt, answeredAt: asked.at, answer: 'Almost done' };
      await route.fulfill({ response, json: { ...list, items: list.items.map((member) => (member.run ? { ...member, run: { ...member.run, endedAt: null }, shutdown } : member)) } });
    });
    await afresh('asha');
    await clean('asha', {
      'a member asks': visit(`/teams/${scene.team}`, 'Which licence is it under?'),
      'end a member': [visit(`/teams/${scene.team}?tab=members`, 'Almost done'), press(/^End it/)],
    });
    // words that come too late stay, whatever is read meanwhile and when the app is opened again
    await visit(`/teams/${scene.team}`, 'Which licence is it under?')(page);
    await page.getByRole('textbox', { name: 'Your answer to Dora' }).fill('MIT, as');
    waits = false;
    await page.reload();
    await page.getByRole('button', { name: 'Send it as a message' }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Your answer to Dora' }).inputValue()).toBe('MIT, as');
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('of what the team shares: a version is shown, and erased for good by who is sure', async () => {
    const by = (path: string, method: string, body: object, more = {}): Promise<Response> => stack.fetch('asha', `/v1/teams/${scene.team}/workspace${path}`, { method, headers: { 'content-type': 'application/json', 'idempotency-key': uuidv7(), ...more }, body: JSON.stringify(body) });
    const { id } = (await (await by('', 'POST', { name: 'House style', content: 'Be brief.' })).json()) as Created;
    expect((await by(`/${id}`, 'PUT', { content: 'Be kind.' }, { 'if-match': '"1"' })).status).toBe(200);
    await afresh('asha'); // what it has read of the team is older
    const sheet: Reach = (page) => press('House style')(page).then(() => page.getByRole('dialog', { name: 'House style' }).getByText(/^Version 2 by Asha/).waitFor());
    await afresh('asha');
    await clean('asha', {
      'a version of it, and its end': [visit(`/teams/${scene.team}?tab=members`, 'House style'), async (page) => {
        await sheet(page);
        await press('Show version 1')(page);
        await page.getByText('Be brief.', { exact: true }).waitFor();
        await press('Erase version 1')(page);
        await page.getByText(/^Its text is gone for good/).waitFor();
      }],
    });
    const page = await pageOf('asha');
    const kept = async (): Promise<unknown> => (await stack.sql(`select string_agg(coalesce(convert_from(content, 'utf8'), '-'), ' ' order by version) as kept from app.context_version where context_id = $1`, [id]))[0];
    await visit(`/teams/${scene.team}?tab=members`, 'House style', sheet)(page);
    await press('Erase version 1')(page);
    await press('Keep it')(page);
    expect(await kept()).toEqual({ kept: 'Be brief. Be kind.' });
    await press('Erase version 1')(page);
    await press('Erase for good')(page);
    await page.getByText(/^Version 1 by Asha.*, erased$/).waitFor();
    expect([await kept(), await page.getByRole('button', { name: 'Show version 1' }).count(), await page.getByRole('button', { name: 'Show version 2' }).count()]).toEqual([{ kept: '- Be kind.' }, 0, 1]);
    await press('Close')(page);
  });

  it('of the agents', async () => {
    const spawn = (body: object): Promise<Response> => stack.fetch('asha', `/agent-team/spawn?team=${scene.team}`, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': uuidv7() }, body: JSON.stringify(body) });
    const help = { role: 'worker', justification: 'Read the parser\u202e' };
    const parent = ((await (await spawn(help)).json()) as { instanceID?: string }).instanceID;
    await spawn({ ...help, parentInstanceID: parent });
    await spawn({ ...help, templateID: 'nobody' });
    const agents = visit('/agents?show=all', 'spawn_unknown_template');
    await clean('asha', { 'agents': agents, 'start an agent': [agents, press('Start an agent')], 'stop an agent': [agents, press(/^Stop/)] });
    const asked = visit('/agents', 'Questions');
    await clean('gov', { 'agents, governed': asked, 'answer a question': [asked, press(/^Approve: /)] });
  });

  it('of a person', async () => {
    await (await pageOf('asha')).goto(`${stack.url}/dev/phone`);
    const { items } = await until('the phone is there', async () => {
      const devices = await stack.get<{ items: { id: string; name: string }[] }>('asha', '/v1/devices');
      return devices.items.some(({ name }) => name === 'Simulated phone') && devices;
    });
    await stack.post('asha', `/v1/devices/${items.find(({ name }) => name === 'Simulated phone')!.id}/test`);
    await stack.sql(`update app.approver_key set effective_from = now() + interval '1 day'`);
    await clean('asha', {
      'dev phone': visit('/dev/phone', 'can reach you here'),
      'dev mail': visit('/dev/mail', 'Letters'),
      'me': visit('/me', 'How you are reached', (page) => page.getByText(/^New: what it approves counts/).first().waitFor()),
      'me, really': visit('/me', 'How you are reached', press(/^Remove /)),
      'helpdesk': visit('/chat', 'No team is suspended'),
      'helpdesk closed': visit(`/chat/${scene.team}`, 'The team works again'),
      'no such page': visit('/nowhere', 'There is no page at this address'),
      'no such request': visit(`/a/${scene.team}`, 'There is no such request'),
    });
  });

  it('of a first visit, and of a browser that can be notified, may not be, or is no longer', async () => {
    const onward = (name: string, heading: string): Reach => async (page) => {
      await page.getByRole('button', { name, exact: true }).click();
      await page.getByRole('heading', { name: heading }).waitFor();
    };
    const past = (...ways: Reach[]): Reach => async (page) => {
      for (const way of ways) await way(page);
    };
    const says = (words: string): Reach => (page) => page.getByText(words).first().waitFor();
    const start = visit('/welcome', 'This is you');
    const cards = past(start, onward('Yes, that is me', 'You approve exact bytes'), onward('Next', 'Silence is never a yes'), onward('Next', 'Everything is on a record'), onward('Next', 'Keep it on this device'));
    const ring = onward('Next', 'May we notify you?');
    const page = await opened('asha', {}, (context) => canBeNotified(context, push.double, 'default'));
    pages.set('at a first visit', Promise.resolve(page));
    await clean('at a first visit', {
      'welcome': start,
      'welcome, how': onward('Yes, that is me', 'You approve exact bytes'),
      'welcome, silence': onward('Next', 'Silence is never a yes'),
      'welcome, record': onward('Next', 'Everything is on a record'),
      'welcome, install': onward('Next', 'Keep it on this device'),
      'welcome, ring, no answer': past(ring, press('Turn on'), says('You gave no answer')),
      'welcome, ring, on': past(() => willAnswer(page, 'granted'), press('Turn on'), says('This device can notify you.')),
      'welcome, test': past(onward('Next', 'Did it arrive?'), says('We sent one just now')),
      'welcome, test, not sent': past(press('No'), async () => void push.double.faults.push('missing'), press('Send another'), says('No test was sent')),
      'welcome, passkey': onward('Go on', 'Your passkey'),
      'welcome, lock screen': onward('Not now', 'What a lock screen shows'),
      'welcome, quiet': onward('Next', 'Quiet hours'),
      'me, not reached': visit('/me', 'This device stopped receiving'),
      'welcome, ring, denied': past(() => page.evaluate(`localStorage.setItem('countersign.test.permission', 'denied')`), cards, ring, says('Notifications are turned off')),
    });
    pages.set('on an iPhone', opened('asha', { serviceWorkers: 'block', userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1' }));
    await clean('on an iPhone', { 'welcome, iPhone': past(cards, says('Add to Home Screen')), 'welcome, iPhone, ring': past(onward('Later', 'May we notify you?'), says('add it there first')) });
  });

  it('of who has nothing waiting, and of a team that is stopped', async () => {
    await clean('ben', {
      'nothing waits': visit('/', 'Nothing is waiting for you'),
      'nothing put off': visit('/?show=deferred', 'Nothing is put off'),
      'nothing done': visit('/?show=done', 'Nothing was decided yet'),
      'escalations, none': visit('/escalations', 'Nothing to look at'),
    });
    const { teams } = await stack.get<Me>('ben', '/v1/me');
    const id = teams[0]!.id;
    await clean('ben', { 'team, no goal': visit(`/teams/${id}`, 'No goal yet') });
    await stack.post('ben', `/v1/teams/${id}/suspend`, { reason: 'I want to look at it first' });
    await clean('ben', {
      'team, stopped': visit(`/teams/${id}`, 'Talk to the helpdesk'),
      'helpdesks': visit('/chat', 'I want to look at it first'),
      'helpdesk, open': visit(`/chat/${id}`, 'Ask for a person'),
      'helpdesk, answered': async (page) => {
        await press('What is kept?')(page);
        await page.getByRole('listitem').filter({ hasText: 'Helpdesk: ' }).waitFor();
      },
    });
    // whoever is told of it when it is over reads why
    await stack.post('gov', `/v1/teams/${id}/reactivate`, { reason: '' });
    await clean('ben', { 'helpdesk, over': visit(`/chat/${id}`, 'The team works again', (page) => page.getByText(/^Last suspended .*: I want to look at it first/).waitFor()) });
    // one that has ended says so, at once where the page is open, and how to have what it made
    await stack.post('ben', `/v1/teams/${id}/suspend`, { reason: 'It is not what we need' });
    const open = await pageOf('ben');
    await visit(`/chat/${id}`, 'Ask for a person')(open);
    await stack.post('gov', `/v1/teams/${id}/dissolve`, { reason: 'Nobody needs it any more' });
    await open.getByRole('heading', { name: 'The team has ended' }).waitFor();
    const kept: Reach = (page) => page.getByRole('link', { name: 'Save what it has made' }).waitFor();
    await clean('ben', { 'helpdesk, ended': visit(`/chat/${id}`, 'Nobody needs it any more', kept), 'team, ended': visit(`/teams/${id}`, 'Nobody needs it any more', kept) });
  });

  it('of a governor of the platform', async () => {
    const page = await pageOf('gov');
    await stack.post('gov', '/v1/bundles/code-care/versions');
    const draft = visit('/bundles/code-care/draft', 'Save and check');
    await clean('gov', {
      'inbox, of the platform': visit('/', /Nothing is waiting for you|\d+ waiting/),
      'bundles, governed': visit('/bundles', 'A new bundle'),
      'bundle, governed': visit('/bundles/code-care', 'Versions'),
      'draft, with faults at their fields': async (page) => {
        await draft(page);
        await press('Add a specialist')(page);
        await press('Save and check')(page);
        await page.locator('[aria-invalid=true]').first().waitFor();
      },
      'draft, as a file': async () => {
        await press('File')(page);
        await page.getByLabel('The bundle’s file').waitFor();
      },
      'draft, with faults': async () => {
        await page.getByLabel('The bundle’s file').fill('id: code-care\nmembers: 3\n');
        await press('Save and check')(page);
        await page.getByText('must be array').waitFor();
      },
      'me, of the platform': visit('/me', 'How you are reached'),
    });
  });

  it('of what went wrong with a team, before and after somebody says so', async () => {
    await clean('asha', {
      'escalations, reported': visit('/escalations', 'Report something', async (page) => {
        await page.getByLabel('What happened?').fill('One writer is too few for this repository');
        await press('Report it')(page);
        await page.getByText('Reported.').waitFor();
      }),
      // what is ended by a decision leads there, and has no form
      'escalations, a decision waits': visit('/escalations', 'A deliverable waits for your decision', async (page) => {
        const { items } = await stack.get<{ items: { approvalId: string | null }[] }>('asha', '/v1/escalations?limit=100');
        const questions = items.filter(({ approvalId }) => approvalId !== null).length;
        expect([await page.getByLabel('How did it end?').count(), await page.getByRole('link', { name: 'Look at it and decide' }).count()]).toEqual([items.length - questions, questions]);
      }),
    });
    const decides = await pageOf('asha');
    await decides.getByRole('link', { name: 'Look at it and decide' }).first().click();
    await decides.waitForURL(/\/a\/[0-9a-f-]{36}$/);
    await clean('genesis', { 'escalations': visit('/escalations', 'One writer is too few', (page) => page.getByLabel('How did it end?').first().waitFor()) });
    const page = await pageOf('genesis');
    await page.getByLabel('How did it end?').first().fill('A second writer joins with the next version');
    await press('Resolve')(page);
    await clean('genesis', { 'escalations, resolved': visit('/escalations?show=resolved', /^Resolved by/) });
  });

  it('of what agents may do beyond what was decided', async () => {
    await clean('architect', { 'evolution, of a file': visit('/evolutions/EVOLUTION-001', 'It is the precedent GEN-002') });
    const { id } = await stack.post<Created>('architect', '/v1/evolutions', { proposal: EVOLUTION });
    const one = visit(`/evolutions/${id}`, 'Six questions');
    await clean('architect', { 'evolutions': visit('/evolutions', EVOLUTION.title), 'evolution, for its reviewer': one });
    await stack.post('guardian', `/v1/evolutions/${id}/reviews`, { role: 'vision_guardian', verdict: 'rejected', notes: 'It goes further than anybody has asked for' });
    await stack.post('gov', `/v1/evolutions/${id}/answers`, { question: 'cost', accepted: false, note: 'Not before the price is known' });
    await clean('gov', { 'evolution, for its governor': visit(`/evolutions/${id}`, 'It goes further than anybody has asked for') });
    await stack.post('gov', `/v1/evolutions/${id}/decision`, { verb: 'reject', rationale: ['It costs more than it brings'] });
    await clean('gov', { 'evolution, rejected': visit(`/evolutions/${id}`, 'It is rejected') });
  });

  it('of a receipt', async () => {
    const receipt = await (await stack.fetch('asha', `/v1/approvals/${scene.copies.denied.id}/receipt`)).text();
    const chosen = (content: string, heading: string): Reach => async (page) => {
      await page.getByLabel("The receipt's file").setInputFiles({ name: 'receipt.json', mimeType: 'application/json', buffer: Buffer.from(content) });
      await page.getByRole('heading', { name: heading }).waitFor();
    };
    await (await pageOf()).goto(`${stack.url}/verify`);
    await clean(undefined, { 'receipt holds': chosen(receipt, 'This receipt holds'), 'receipt refused': chosen(receipt.replace(/(?<=extra .{400})./, (letter) => (letter === 'A' ? 'B' : 'A')), 'This receipt does not hold') });
  });

  it('of what went wrong: a page that does not load, and a record that was forged', async () => {
    const page = await pageOf('asha');
    await page.goto(`${stack.url}/me`);
    await page.route('**/assets/chats-page*', (route) => route.abort());
    await clean('asha', { 'page failed': visit('/chat', 'This page could not be shown') });
    const [{ size, note }] = (await stack.sql<{ size: string; note: string }>('select size, note from audit.checkpoint where team_id = $1 order by size desc limit 1', [scene.team])) as [{ size: string; note: string }];
    await stack.sql(`do $$ begin set local session_replication_role = replica; update audit.checkpoint set note = '${note.replace(/\n\d+\n/, '\n999\n')}' where team_id = '${scene.team}' and size = ${size}; end $$`);
    const alarm = page.getByRole('alert').filter({ hasText: 'the record is not signed' });
    await clean('asha', {
      'red': async () => {
        await page.goto(`${stack.url}/a/${scene.copies.plain.id}`);
        await alarm.waitFor();
        await page.getByText(HASHED).first().waitFor();
      },
      'red, sure': async () => {
        await Promise.all([page.waitForEvent('download'), alarm.getByRole('button', { name: 'Save the evidence', exact: true }).click()]);
        await alarm.getByRole('button', { name: /go on/i }).click();
        await alarm.getByText('I know what happened').waitFor();
      },
      'me, red': visit('/me', 'How you are reached'),
    });
  });

  it('of a member whose place Genesis gives to a fresh one, as soon as a governor has asked for it', async () => {
    const { items } = await stack.get<MemberList>('genesis', `/v1/teams/${scene.team}/members`);
    const { id: memberId, name } = items.find(({ kind }) => kind === 'specialist')!;
    const page = await pageOf('genesis');
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Replace it', exact: true });
    const ask = press(new RegExp(`^Replace it ?: ${name}$`)); // what is read out alone stands in a box of its own
    await clean('genesis', { 'replace a member': [visit(`/teams/${scene.team}?tab=members`, 'Replace it'), ask] });
    await ask(page);
    await sure.click();
    await page.getByRole('alert').filter({ hasText: /^Not recorded\. No governor has asked/ }).waitFor();
    await stack.post('asha', `/v1/teams/${scene.team}/composition-change`, { memberId, words: 'The comments miss the point' });
    await sure.click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText(`${name} 2`, { exact: true }).first().waitFor();
    const left = await stack.get<MemberList>('genesis', `/v1/teams/${scene.team}/members`);
    expect([left.items.length, left.items.some(({ id }) => id === memberId)]).toEqual([items.length, false]);
  });

  it('walked: no route of the app was left out', () => {
    const routes = [...readFileSync(ROUTER, 'utf8').matchAll(/path: '([^']+)'/g)].map(([, path]) => path!);
    const walked = (route: string): boolean => [...been].some((path) => new RegExp(`^${route.replaceAll(/\$\w+/g, '[^/]+')}$`).test(path));
    expect(routes.filter((route) => !walked(route))).toEqual([]);
  });
});
