import type { ApprovalDetail, ApproverKeyView, Me, NotificationPreferences } from '@countersign/contracts';
import { LocalStack, until } from '@countersign/testing';
import { expect } from 'expect';
import pg from 'pg';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Browser, Page, Route } from 'playwright-core';
import { LAID_OUT, LARGE_TEXT, setTextSize, SMALLEST, tabTo, TEXT } from '../browser/accessible.js';
import { openBrowser } from '../browser/chromium.js';
import { aPasskey, approveButton, givesUpAfter, isOpen, Phone, readThrough, setUpBefore, signIn, undoOver, undoStays, type Held } from '../browser/phone.js';
import { copyApprovals, WAITING } from '../stack/copies.js';
import { submitGoal, untilGoal, waitingApproval, type SubmittedGoal } from '../stack/goals.js';
import { sampleRepository, type SampleRepository } from '../stack/sample-repository.js';
import { changeWishes } from '../stack/wishes.js';

const DAY_MS = 86_400_000;
/** Higher than the smallest screen in large text. */
const TO_TWELVE = `One e-mail from code@chai.example with the subject “News”, the text of news.txt (2,104 bytes) will be sent to ${Array.from({ length: 12 }, (_, n) => `customer-number-${n}@a-rather-long-domain.example`).join(', ')}.`;
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
/** Longer than what is drawn at first. */
const LETTER = Buffer.from(Array.from({ length: 310 }, (_, n) => `Line ${n + 1}\n`).join(''));
const COPIES = { large: 'Send what is longer than the screen', tabs: 'Push what two tabs show', race: 'Push what two tabs answer', keys: 'Push what is read without a pointer', second: 'Push what a second phone signs', passkey: 'Push what a passkey signs', signed: 'Push what a passkey signs without a pointer', unsigned: 'Push what a passkey does not sign at first' } as const;

interface Asked {
  readonly goal: SubmittedGoal;
  readonly repository: SampleRepository;
  readonly approval: ApprovalDetail;
}

/** The ways to answer that take a second tab, a second phone, a second look or no pointer at all. */
describe('a person who answers', { concurrency: 1 }, () => {
  let stack: LocalStack;
  let browser: Browser;
  let team: string;
  let phone: Phone;
  let second: Phone;
  let asked: Asked;
  /** Asha's passkey, as it was left. */
  let passkeys: readonly Held[];
  let ids: Readonly<Record<keyof typeof COPIES, string>>;

  const ask = async (): Promise<Asked> => {
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository);
    return { goal, repository, approval: await waitingApproval(stack, goal) };
  };
  const detail = (id: string): Promise<ApprovalDetail> => stack.get('asha', `/v1/approvals/${id}`);
  const decisions = (id: string): Promise<{ decision: string; comments: object[] }[]> => stack.sql('select decision, comments from app.approval_decision where approval_id = $1 order by at', [id]);
  const waitingOrHeld = async ({ id }: SubmittedGoal): Promise<string> => (await stack.sql<{ id: string }>(`select id from app.approval where goal_id = $1 and state in ('pending', 'held')`, [id]))[0]!.id;
  const opened = async (id: string, on = phone): Promise<Page> => {
    const page = await on.open(`/a/${id}`);
    await until('the button opens', () => isOpen(page));
    return page;
  };

  /** What is drawn meanwhile moves what is below it. */
  const drawn = async (page: Page): Promise<unknown> => {
    await page.evaluate(LAID_OUT); // another layout draws them anew
    return until('the files are drawn', async () => (await page.locator('[class*="bones"]').count()) === 0);
  };

  before(async () => {
    // What a device adds counts after a day, as where people are not on their own machine.
    [stack, browser] = await Promise.all([LocalStack.start({ env: { COUNTERSIGN_DEVICE_HOLD_MS: String(DAY_MS) } }), openBrowser()]);
    team = await stack.activeTeam();
    await changeWishes(stack, 'asha', { undoSeconds: 30 }); // the longest there is: so it is still held when it is made to stay so
    [phone, asked] = await Promise.all([Phone.of('asha', stack, browser), ask()]);
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    const names = Object.keys(COPIES) as (keyof typeof COPIES)[];
    const made = await copyApprovals(client, { teamId: team, goalId: asked.goal.id }, names.map((name) => ({ ...WAITING, approval: { ...WAITING.approval, title: COPIES[name], ...(name === 'passkey' ? { tier: 2, files: [{ path: 'letter.txt', mediaType: 'text/plain', bytes: LETTER }, { path: 'logo.png', mediaType: 'image/png', bytes: PIXEL }] } : {}), ...(name === 'signed' || name === 'unsigned' ? { tier: 2 } : {}), ...(name === 'large' ? { plain: TO_TWELVE } : {}) } }))).finally(() => client.end());
    ids = Object.fromEntries(names.map((name, index) => [name, made[index]!])) as typeof ids;
  });
  after(() => Promise.all([browser?.close(), stack?.close()]));
  /** What a test that failed has left open would go on asking the server beside the next. */
  afterEach(async () => {
    for (const one of [phone, second] as (Phone | undefined)[]) for (const page of one?.context.pages() ?? []) if (page !== one!.lockScreen) await page.close();
  });

  it('decides in one tab: the other says so by itself and cannot decide again', async () => {
    const [one, other] = await Promise.all([opened(ids.tabs), opened(ids.tabs)]);
    await one.getByRole('button', { name: 'More answers' }).click();
    await one.getByRole('button', { name: /^Deny/ }).click();
    await one.getByRole('button', { name: 'Not now' }).click();
    await one.getByRole('button', { name: 'Deny it' }).click();
    await undoStays(stack, ids.tabs);
    await other.getByRole('button', { name: /^Undo/ }).waitFor();
    expect(await approveButton(other).count()).toBe(0);
    await undoOver(stack, ids.tabs);
    await other.getByText(/^Denied by Asha/).waitFor();
    expect([await approveButton(other).count(), (await decisions(ids.tabs)).map(({ decision }) => decision)]).toEqual([0, ['deny']]);
    await Promise.all([one.close(), other.close()]);
  });

  it('decides in two tabs at once: one decision counts, and either tab can take it back', async () => {
    const [one, other] = await Promise.all([opened(ids.race), opened(ids.race)]);
    await Promise.all([approveButton(one).click(), approveButton(other).click()]);
    await undoStays(stack, ids.race);
    await Promise.all([one, other].map((page) => page.getByRole('button', { name: /^Undo/ }).waitFor()));
    expect((await decisions(ids.race)).map(({ decision }) => decision)).toEqual(['approve']);
    await other.getByRole('button', { name: /^Undo/ }).click();
    await until('both wait again', async () => (await isOpen(one)) && isOpen(other));
    await Promise.all([one.close(), other.close()]);
  });

  /** Comes to a request from the inbox, reads it, approves it and takes that back. */
  const saysYesByKeys = async (page: Page, name: keyof typeof COPIES): Promise<void> => {
    await page.goto(stack.url);
    await tabTo(page, COPIES[name]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'If you approve, this will happen' }).waitFor();
    await until('the button opens', async () => {
      await page.keyboard.press('ArrowDown'); // to the end of what will happen, and of what others will see, which the smallest screen does not reach
      return isOpen(page);
    });
    await drawn(page);
    await tabTo(page, 'Approve');
    await page.keyboard.press('Enter');
    await undoStays(stack, ids[name]);
    await tabTo(page, 'Undo');
    await page.keyboard.press('Enter');
    await until('it waits again', () => isOpen(page));
  };

  it('reads and approves with the keyboard alone, on a desk and on the smallest phone, and always sees where they are', async () => {
    const page = await phone.open('/');
    for (const size of [{ width: 1440, height: 900 }, SMALLEST]) {
      await page.setViewportSize(size);
      await saysYesByKeys(page, 'keys');
    }
    expect((await decisions(ids.keys)).map(({ decision }) => decision)).toEqual(['approve', 'undo', 'approve', 'undo']);
    await page.close();
  });

  it('goes on seeing what has the focus when something comes in above it, as what was decided in another tab', async () => {
    const page = await phone.open('/');
    const width = 1440;
    await page.setViewportSize({ width, height: 2_400 }); // no lower than the list
    await tabTo(page, COPIES.keys);
    const at = async (): Promise<{ top: number; end: number }> => {
      const box = (await page.locator(':focus').boundingBox())!;
      return { top: box.y, end: box.y + box.height };
    };
    const height = Math.ceil((await at()).end) + 4;
    await page.setViewportSize({ width, height }); // it stands at the lower edge now
    const other = await opened(ids.race);
    await other.getByRole('button', { name: 'More answers' }).click();
    await other.getByRole('button', { name: /^Deny/ }).click();
    await other.getByRole('button', { name: 'Not now' }).click();
    await other.getByRole('button', { name: 'Deny it' }).click();
    await undoStays(stack, ids.race);
    await page.getByRole('heading', { name: 'Can still be undone' }).waitFor();
    await until('it is seen', async () => {
      const { top, end } = await at();
      return top >= 0 && end <= height + 1;
    });
    await other.getByRole('button', { name: /^Undo/ }).click();
    await until('it waits again', () => isOpen(other));
    await Promise.all([page.close(), other.close()]);
  });

  it('answers where a part of the page is not to be had, and comes by itself to the rest: who they are, the request, and what is hashed of it', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce', serviceWorkers: 'block' });
    await setUpBefore(context);
    const page = await context.newPage();
    await page.goto(`${stack.url}/a/${ids.keys}`);
    await signIn(page, 'asha');
    await until('the button opens', () => isOpen(page));
    // a part that is not what the page is for takes nothing else away
    await context.route('**/assets/told-*', (route) => route.abort());
    await page.reload();
    await page.getByText('A part of this page could not be loaded').waitFor();
    await until('the button opens', () => isOpen(page));
    await context.unroute('**/assets/told-*');
    const [busy, away] = [(route: Route) => route.fulfill({ status: 503, json: { status: 503, code: 'unavailable', title: 'not now' } }), (route: Route) => route.abort()];
    const request = `**/v1/approvals/${ids.keys}`;
    for (const [address, answer, words] of [
      ['**/v1/me', busy, 'Could not load the page'],
      ['**/v1/me', away, 'Could not load the page'],
      [request, busy, 'Could not load the request'],
      [`${request}/manifest`, busy, 'This device could not check the files'],
      [`${request}/manifest`, away, 'This device could not check the files'],
    ] as const) {
      await context.route(address, answer);
      await page.reload();
      await page.getByText(words).first().waitFor();
      await context.unroute(address);
      await until(`the button opens after “${words}”`, () => isOpen(page));
    }
    await context.close();
  });

  it('reads in large text what is longer than the smallest screen, to its end, and can answer then', async () => {
    const page = await phone.open(`/a/${ids.large}`);
    await page.setViewportSize(SMALLEST);
    await setTextSize(page, LARGE_TEXT);
    await page.reload();
    await page.getByText('Read what will happen first.').waitFor();
    const bar = page.getByRole('region', { name: 'Decision' });
    expect((await bar.boundingBox())!.height).toBeLessThanOrEqual(SMALLEST.height / 2);
    await until('its end was on the screen', async () => {
      await page.evaluate('scrollBy(0, 200)');
      return isOpen(page);
    });
    await setTextSize(page, TEXT);
    await page.close();
  });

  it('remarks on a line, denies, and sets how they are reached with the keyboard alone, on the smallest phone', async () => {
    const page = await opened(ids.keys);
    await page.setViewportSize(SMALLEST);
    const top = async (name: string): Promise<number> => (await page.getByRole('button', { name, exact: true }).boundingBox())!.y;
    expect(await top('More answers')).toBe(await top('Approve')); // a line of its own would cover a tenth of this screen
    const press = async (name: string, key = 'Enter'): Promise<void> => {
      await tabTo(page, name);
      await page.keyboard.press(key);
    };
    await drawn(page);
    await press('Comment on a line');
    await tabTo(page, 'Comment on line');
    await page.keyboard.type('Which unit?');
    await press('Keep comment');
    await page.getByText('Which unit?').first().waitFor();
    const opens = (name?: string): Promise<void> => page.getByRole('dialog', name === undefined ? {} : { name }).locator(':focus').waitFor(); // a sheet takes the focus when it stands
    await press('More answers');
    await opens();
    await press('Deny');
    await opens('Deny');
    await press('Not now');
    await press('Deny it');
    await undoStays(stack, ids.keys);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press('Undo');
    await until('it waits again', () => isOpen(page));
    expect((await decisions(ids.keys)).map(({ decision }) => decision).slice(-2)).toEqual(['deny', 'undo']);
    await page.goto(`${stack.url}/me`);
    await page.getByLabel('Quiet hours').waitFor();
    await press('Quiet hours', 'Space');
    await press('Save');
    await until('it is saved', async () => (await stack.get<NotificationPreferences>('asha', '/v1/notification-preferences')).quietHours !== null);
    await page.close();
  });

  it('has a second phone: what it approves counts when the first has said that it is theirs, and not before', async () => {
    second = await Phone.of('asha', stack, browser);
    const page = await opened(ids.second, second);
    await approveButton(page).click();
    await page.getByText(/Not recorded\. This device is new/).waitFor();
    expect(await decisions(ids.second)).toEqual([]);
    const me = await phone.open('/me');
    await me.getByRole('button', { name: 'It is mine: let it count now (Simulated phone)' }).first().click();
    await me.getByText('New: what it approves counts').waitFor({ state: 'detached' });
    await approveButton(page).click();
    await undoStays(stack, ids.second);
    await page.getByRole('button', { name: /^Undo/ }).click();
    await until('it waits again', () => isOpen(page));
    await Promise.all([me.close(), page.close()]);
  });

  /** Everything that others will see was on the screen. */
  const lookedThrough = async (page: Page): Promise<void> => {
    await page.getByRole('heading', { name: 'What changes' }).waitFor();
    const without = page.getByRole('button', { name: /^I looked at it elsewhere, or do without/ });
    await without.first().waitFor();
    await without.evaluateAll((buttons) => (buttons as unknown as { ariaLabel: string; click(): void }[]).filter(({ ariaLabel }) => !/l(?:etter.txt|ogo.png)$/.test(ariaLabel)).forEach((button) => button.click()));
    await page.getByText('2 files were not on the screen to the end yet').waitFor();
    const unfold = async (path: string): Promise<void> => {
      const toggle = page.locator('[aria-controls]', { hasText: path });
      if ((await toggle.getAttribute('aria-expanded')) === 'false') await toggle.click();
    };
    await unfold('letter.txt');
    const more = page.getByRole('button', { name: 'Show all 310 lines' });
    await more.scrollIntoViewIfNeeded();
    await page.evaluate('scrollBy(0, 400)'); // past what is drawn of it
    await unfold('logo.png');
    const logo = page.getByRole('img', { name: 'logo.png, as it will be' });
    await logo.scrollIntoViewIfNeeded();
    await until('the picture is drawn', () => logo.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth === 1));
    await page.getByText('1 file was not on the screen to the end yet').waitFor();
    expect(await without.evaluateAll((buttons) => (buttons as unknown as { ariaLabel: string }[]).map(({ ariaLabel }) => ariaLabel))).toEqual([expect.stringMatching(/letter\.txt$/)]);
    await more.click();
    await page.getByText('Line 310').scrollIntoViewIfNeeded();
    await until('the button opens', () => isOpen(page));
  };

  it('makes a passkey, which signs when its time has come; on another device of theirs the same one, once that counts', async () => {
    const page = await phone.open(`/a/${ids.passkey}`);
    const passkey = await aPasskey(page, []);
    const yes = async (on: Page): Promise<void> => {
      await approveButton(on).click();
      await undoStays(stack, ids.passkey);
      await on.getByRole('button', { name: /^Undo/ }).click();
      await until('it waits again', () => isOpen(on));
    };
    const answered = async (on: Page): Promise<void> => {
      await stack.sql('update app.approver_key set effective_from = now()'); // a day later
      await on.reload();
      await lookedThrough(on);
      await until('what signs is there before anything is pressed', () => on.evaluate<boolean>(`performance.getEntriesByType('resource').some(({ name }) => /\\/sign-[^/]*\\.js$/.test(name))`));
      await yes(on);
    };
    await page.getByText('This device has no passkey').waitFor();
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByText(/^Your passkey counts on this device from tomorrow \d\d:\d\d/).waitFor();
    expect([await isOpen(page), await page.getByRole('button', { name: 'Changes' }).isEnabled(), await decisions(ids.passkey)]).toEqual([false, true, []]);
    await answered(page);
    // nor does it take a pointer
    await page.setViewportSize(SMALLEST);
    await saysYesByKeys(page, 'signed');
    expect((await decisions(ids.signed)).map(({ decision }) => decision)).toEqual(['approve', 'undo']);
    await page.setViewportSize({ width: 390, height: 844 });
    // it speaks for a browser's own key that is newer
    await stack.sql(`update app.approver_key set effective_from = now() + interval '1 day' where kind = 'device'`);
    await page.goto(`${stack.url}/me`);
    await page.getByRole('button', { name: 'It is mine: let it count now (Simulated phone)' }).first().click();
    await until('its word is kept', async () => (await stack.sql(`select 1 from app.approver_key k where k.kind = 'device' and k.vouch ->> 'credentialId' = (select p.credential_id from app.approver_key p where p.kind = 'passkey')`)).length === 1);
    const held = await passkey.held(); // with its counter
    await page.close();
    const tablet = await Phone.of('asha', stack, browser);
    // the day went by in the rows alone, and the executor says otherwise at each new key: this device is told what a day later is so
    await tablet.context.route('**/v1/keys', async (route) => {
      const answer = await route.fetch();
      const { items, ...rest } = (await answer.json()) as { items: ApproverKeyView[] };
      await route.fulfill({ response: answer, json: { ...rest, items: items.map((key) => (key.kind === 'passkey' ? { ...key, effectiveFrom: key.effectiveFrom && new Date(0).toISOString() } : key)) } });
    });
    const other = await tablet.open(`/a/${ids.passkey}`);
    const synced = await aPasskey(other, held);
    await synced.verifies(false);
    const letSign = (): Promise<void> => other.getByRole('button', { name: 'Let this device sign' }).click();
    await other.getByText('Your passkey signs here, too, once you have let this device sign.').waitFor();
    await letSign();
    await other.getByText('Not done. Your passkey was not used.').waitFor();
    await synced.verifies(true); // not before: the passkey is asked a while after the button was pressed
    await letSign();
    await other.getByText(/^Recorded\. This device counts from tomorrow \d\d:\d\d/).waitFor();
    expect(await isOpen(other)).toBe(false);
    await tablet.context.unrouteAll({ behavior: 'wait' });
    await answered(other);
    expect((await decisions(ids.passkey)).map(({ decision }) => decision)).toEqual(['approve', 'undo', 'approve', 'undo']);
    expect(await stack.sql(`select count(distinct device_id)::int as devices, count(distinct assertion ->> 'credentialId')::int as keys from app.approval_decision where approval_id = $1 and decision = 'approve'`, [ids.passkey])).toEqual([{ devices: 2, keys: 1 }]);
    passkeys = await synced.held();
    await tablet.context.close();
  });

  it('leaves the passkey’s dialog, or is not known to the passkey: reads that nothing is recorded, nothing is, and the next try counts', async () => {
    const page = await phone.open(`/a/${ids.unsigned}`);
    await givesUpAfter(page, 4_000);
    const passkey = await aPasskey(page, passkeys);
    const [challenges, sent] = [[] as number[], [] as string[]];
    page.on('response', (response) => void (response.url().endsWith('/challenge') && challenges.push(response.status())));
    page.on('request', (request) => void (request.method() === 'POST' && /\/(?:decision|batch-sync)$/.test(request.url()) && sent.push(request.url())));
    await stack.sql('update app.approver_key set effective_from = now()');
    await page.reload();
    await readThrough(page);
    const bar = page.getByRole('region', { name: 'Decision' });
    /** What the page says after the nth try, of which so many reached the server; and that it can be tried again. */
    const refused = async (tries: number, words: RegExp, reached: number): Promise<void> => {
      await until('the server was asked for a challenge', () => Promise.resolve(challenges.length === tries));
      await bar.getByText(words).waitFor();
      await until('it can be pressed again', () => isOpen(page));
      expect([challenges, sent.length, await decisions(ids.unsigned), (await detail(ids.unsigned)).state]).toEqual([Array<number>(tries).fill(200), reached, [], 'pending']);
      expect([await page.getByText(/Saved on this phone/).count(), await bar.getByRole('button', { name: /^Undo/ }).count(), await page.getByRole('button', { name: 'Changes' }).isEnabled()]).toEqual([0, 0, true]);
    };
    await passkey.touched(false);
    await approveButton(page).click();
    await until('it waits for its person, and takes no other answer', async () => challenges.length === 1 && !(await isOpen(page)) && !(await page.getByRole('button', { name: 'Changes' }).isEnabled()));
    await refused(1, /^Not recorded\. Your passkey was not used\.$/, 0);
    await passkey.touched(true);
    await passkey.verifies(false);
    await approveButton(page).click();
    await refused(2, /^Not recorded\. Your passkey was not used\.$/, 0);
    await passkey.verifies(true);
    await passkey.says(false);
    await approveButton(page).click();
    await refused(3, /^Not recorded\. The signature was not accepted\. Approve again; if that fails too, show this to your operator: .*user unverified/, 1);
    await passkey.says(true);
    await approveButton(page).click();
    await page.getByRole('button', { name: /^Undo/ }).click();
    await until('it waits again', () => isOpen(page));
    expect((await decisions(ids.unsigned)).map(({ decision }) => decision)).toEqual(['approve', 'undo']);
    await page.close();
  });

  it('sends remarks on lines as one review, and finds them beside the next version', async () => {
    const { approval, goal } = asked;
    const [other, page] = await Promise.all([opened(approval.id), opened(approval.id)]);
    const file = approval.artifacts[0]!.path;
    const article = page.locator('article', { has: page.locator('[aria-controls]', { hasText: file }) });
    for (const [line, text] of [['1', 'Which unit?'], ['2', 'Say what it throws']] as const) {
      await article.getByRole('button', { name: 'Comment on a line' }).click();
      await page.getByLabel(/^Line, 1 to/).fill(line);
      await page.getByLabel(`Comment on line ${line}`).fill(text);
      await page.getByRole('button', { name: 'Keep comment' }).click();
    }
    await page.getByRole('button', { name: /^Changes.*2 comments/ }).click();
    await page.getByRole('button', { name: 'Send 2 comments' }).click();
    await undoOver(stack, approval.id);
    await other.getByText('You get a new request').waitFor();
    const remark = (line: number, text: string): unknown => expect.objectContaining({ path: file, side: 'after', line, text });
    expect([await approveButton(other).count(), await decisions(approval.id)]).toEqual([0, [{ decision: 'request_changes', comments: [remark(1, 'Which unit?'), remark(2, 'Say what it throws')] }]]);
    asked = { ...asked, approval: await waitingApproval(stack, goal) };
    await other.getByRole('link', { name: 'Open the next version' }).click();
    await other.waitForURL(`**/a/${asked.approval.id}`);
    await page.goto(`${stack.url}/a/${asked.approval.id}`);
    await page.getByText('Say what it throws').waitFor();
    await page.getByRole('button', { name: 'Since you last looked' }).waitFor();
    await Promise.all([page.close(), other.close()]);
  });

  it('has a version open that is replaced: sees that it changed, cannot approve it, and approves what is asked now', async () => {
    const { approval, goal, repository } = asked;
    const [page, late] = await Promise.all([opened(approval.id), opened(approval.id, second)]);
    const was = await detail(approval.id);
    await second.context.route(`**/v1/approvals/${approval.id}`, (route) => route.fulfill({ json: was })); // a phone that hears of nothing
    await stack.sql(`update app.task set state = 'blocked', notes = '["The suite failed."]' where goal_id = $1 and key = 'docs'`, [goal.id]);
    await stack.sql(`update app.goal set state = 'blocked' where id = $1`, [goal.id]);
    const [{ id: task }] = (await stack.sql<{ id: string }>(`select id from app.task where goal_id = $1 and key = 'docs'`, [goal.id])) as [{ id: string }];
    await stack.post('asha', `/v1/teams/${team}/goals/${goal.id}/tasks/${task}/answer`, { answer: 'retry', note: 'The suite needs no network' });
    await waitingApproval(stack, goal, approval.id); // the team's work takes longer than a screen may
    const onward = (on: Page) => on.getByRole('link', { name: /Changed since you last looked/ });
    const forward = onward(page);
    await forward.waitFor();
    expect(await approveButton(page).count()).toBe(0);
    await approveButton(late).click();
    await late.getByText('Not recorded. A newer version replaced this request.').waitFor();
    await second.context.unroute(`**/v1/approvals/${approval.id}`);
    await late.reload();
    await onward(late).waitFor();
    expect(await decisions(approval.id)).toEqual([]);
    await late.close();
    // what was written about a version in between, which is neither the first nor the one that was last looked at, is not out of sight
    await stack.sql('delete from app.approval_seen where approval_id = $1', [approval.id]);
    const { personId } = await stack.get<Me>('asha', '/v1/me');
    await page.evaluate(`localStorage.setItem('countersign.draft.${personId}.${approval.id}.deny', 'Not in this form')`);
    await forward.click();
    await page.getByText('You wrote this about the earlier version, and did not send it').waitFor();
    await page.getByRole('button', { name: 'Take over what still fits' }).click();
    await page.getByText('0 comments taken over.').waitFor();
    expect(await page.evaluate(`Object.entries(localStorage).filter(([key]) => key.startsWith('countersign.draft.')).map(([key, text]) => key.includes('${approval.id}') + text)`)).toEqual(['falseNot in this form']);
    await until('the button opens', () => isOpen(page));
    await approveButton(page).click();
    const now = await waitingOrHeld(goal);
    await undoOver(stack, now);
    await untilGoal(stack, goal, 'done');
    const [old, decided] = await Promise.all([detail(approval.id), detail(now)]);
    expect([old.state, old.decision, old.supersededBy, decided.decision?.device, repository.pushes().length]).toEqual(['superseded', null, now, 'Simulated phone', 1]);
    await page.close();
  });

  it('puts a request off: nobody is rung about it, it stands among the deferred, and comes back when it was to', async () => {
    await stack.sql(`update app.team set bundle = jsonb_set(bundle, '{approval,quorum}', '{"need": 2, "of": "devices"}') where team_id = $1`, [team]);
    await stack.sql(`update app.preference set doc = doc || '{"quietHours": null}'`); // it may be night, and they have set some above
    asked = await ask();
    const { id } = asked.approval;
    const rung = async (times: number): Promise<unknown> => until(`rung ${times} times`, async () => (await phone.pushes()).filter(({ message }) => message.data['id'] === id).length === times);
    await rung(1);
    const page = await opened(id);
    await page.getByRole('button', { name: 'More answers' }).click();
    await page.getByRole('button', { name: /^Put it off/ }).click();
    await page.getByRole('button', { name: /^In an hour/ }).click();
    await page.getByText(/Put off until|put it off until/).first().waitFor();
    await page.goto(`${stack.url}/?show=deferred`);
    await page.locator(`a[href^="/a/${id}"]`).waitFor();
    await page.getByRole('link', { name: 'Waiting', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: /waiting$|Inbox/ }).waitFor();
    expect(await page.locator(`a[href^="/a/${id}"]`).count()).toBe(0);
    await stack.sql(`update app.approval_mark set until = now() where approval_id = $1`, [id]);
    await stack.sql(`update app.ladder set next_at = now() where approval_id = $1`, [id]);
    await rung(2);
    await page.reload();
    await page.locator(`a[href^="/a/${id}"]`).waitFor();
    await page.close();
  });

  it('finds everything that waits, and everything that is over, however many pages it takes', async () => {
    const page = await phone.context.newPage();
    await page.addInitScript(`{ const known = fetch; window.fetch = (path, ...more) => known(String(path).replace('limit=100', 'limit=2'), ...more); }`); // so that a few fill pages
    const listed = async (state: string): Promise<string[]> => (await stack.get<{ items: { id: string }[] }>('asha', `/v1/approvals?state=${state}&limit=100`)).items.map(({ id }) => `/a/${id}`);
    const shown = (): Promise<string[]> => page.locator('main a[href^="/a/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')!.split('?')[0]!));
    await page.goto(stack.url);
    const waiting = await listed('pending');
    expect(waiting.length).toBeGreaterThan(4);
    await until('all that waits is there', async () => (await shown()).toSorted().join() === waiting.toSorted().join());
    const over = await listed('over');
    expect(over.length).toBeGreaterThan(2);
    await page.getByRole('link', { name: 'Done', exact: true }).click();
    const first = async (most: number): Promise<boolean> => (await shown()).join() === over.slice(0, most).join();
    await until('the newest are there', () => first(2));
    await page.getByRole('button', { name: 'Show older' }).click();
    await until('the older ones are there', () => first(4));
    await page.close();
  });

  it('says yes on two phones where two are needed: nothing happens after the first', async () => {
    const { approval: { id }, repository, goal } = asked;
    const first = await opened(id);
    await approveButton(first).click();
    await first.getByText(/You said yes/).waitFor();
    expect([(await detail(id)).state, repository.pushes()]).toEqual(['pending', []]);
    const page = await opened(id, second);
    await approveButton(page).click();
    await undoOver(stack, id);
    await untilGoal(stack, goal, 'done');
    await first.getByText('Pushed', { exact: true }).waitFor();
    expect(repository.pushes()).toHaveLength(1);
  });
});
