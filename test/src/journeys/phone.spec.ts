import type { ApprovalDetail, ApprovalSummary, ApprovalThread, BundleVersionList, GoalDetail, Me, NotificationPreferences } from '@countersign/contracts';
import { LocalStack, MailServerDouble, readLetter, until } from '@countersign/testing';
import { expect } from 'expect';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Browser, BrowserContext, Locator, Page, Request, Route } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { canBeNotified, pushService, willAnswer } from '../browser/notifying.js';
import { aPasskey, approveButton, deliverPush, isOpen, Phone, phoneContext, readThrough, setUpBefore, signIn, undoOver, undoStays } from '../browser/phone.js';
import { copyApprovals, WAITING } from '../stack/copies.js';
import { goalStatus, submitGoal, untilGoal, waitingApproval, type SubmittedGoal } from '../stack/goals.js';
import { sampleRepository, type SampleRepository } from '../stack/sample-repository.js';

/** However slow the machine, what is to be answered is; what expires here is made to. */
const TIMEOUT_MS = 6 * 3_600_000;

interface Asked {
  readonly repository: SampleRepository;
  readonly goal: SubmittedGoal;
  readonly approval: ApprovalDetail;
}

/** What somebody with every right in the database would write: another first entry, and all that follow numbered, linked and hashed again. */
const REWRITE = `do $$ declare e record; prev bytea := decode(repeat('00', 32), 'hex'); body bytea; own bytea; begin
  set local session_replication_role = replica;
  for e in select * from audit.entry where team_id = 'TEAM' order by seq loop
    body := case when e.seq = 0 then convert_to(replace(convert_from(e.payload, 'UTF8'), '"result":"ok"', '"result":"no"'), 'UTF8') else e.payload end;
    own := sha256('\\x0001'::bytea || uuid_send(e.team_id) || int8send(e.seq) || int8send(e.at_ms) || prev || sha256(body));
    update audit.entry set prev_hash = prev, payload = body, payload_hash = sha256(body), entry_hash = own where team_id = e.team_id and seq = e.seq;
    prev := own;
  end loop;
end $$`;

/** Where letters may go, and one that is asked about; a service that runs as somebody else reads the file. */
function egress(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-egress-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'egress.yaml'), `customers:\n  - { customer: '*', email: { from: reports@chai.example, domains: [chai.example, tea.example] } }\n`);
  return join(folder, 'egress.yaml');
}
const LETTER = ['--effect', 'email.send', '--to', 'ravi@chai.example,meera@tea.example', '--cc', 'amit@chai.example', '--subject', 'Was sich geändert hat', '--body', 'src/clamp.js', '--attach', 'src/slug.js'];

/** A message as whoever gets it reads it: the lines at its top, its text, and the texts that came with it. */
function opened(message: Buffer): { readonly lines: string[][]; readonly texts: string[] } {
  const [head = '', ...body] = message.toString('latin1').split('\r\n\r\n');
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(head.replaceAll(/\r\n[ \t]+/g, ' '))![1]!;
  const each = (name: string): string[][] => header(name).split(', ').map((address) => [name, address]);
  const parts = body.join('\r\n\r\n').split(`--${/boundary="([^"]+)"/.exec(head)![1]}`).slice(1, -1);
  return {
    lines: [...each('From'), ...each('To'), ...each('Cc'), ['Subject', readLetter(message).subject], ['Date', header('Date')], ['Message-Id', header('Message-Id')]],
    texts: parts.map((part) => readLetter(Buffer.from(part.trimStart(), 'latin1')).text),
  };
}

/** What a page is shown by a server that leaves the heads out. */
const WITHOUT_HEADS = `{ const known = fetch; window.fetch = async (...of) => { const answer = await known(...of); return /[/]v1[/](me|teams[/][^/]+|approvals[/][^/]+)$/.test(answer.url) ? new Response(JSON.stringify(await answer.json(), (key, value) => (key === 'head' ? null : value)), answer) : answer; }; }`;

describe('a person with a phone', () => {
  let stack: LocalStack;
  let browser: Browser | undefined;
  let push: Awaited<ReturnType<typeof pushService>>;
  let mail: MailServerDouble;
  let phone: Phone;
  let team: string;
  let unanswered: Asked;
  let asked: Asked;
  let letter: SubmittedGoal;
  let tampered: Asked;
  let watched: Asked;

  /** A day after the last: nobody is rung four times in ten minutes. */
  const ask = async (...flags: readonly string[]): Promise<Asked> => {
    await stack.sql(`update app.ring set at = at - interval '1 day'`);
    const repository = sampleRepository();
    const goal = await submitGoal(stack, team, repository, undefined, ...flags);
    return { repository, goal, approval: await waitingApproval(stack, goal) };
  };
  /** As it waited for an answer, another time. */
  const copyOf = async (goal: SubmittedGoal, change: object = {}): Promise<string> => {
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    const [copy] = await copyApprovals(client, { teamId: team, goalId: goal.id }, [{ ...WAITING, approval: { ...WAITING.approval, ...change } }]).finally(() => client.end());
    return copy!;
  };
  const decisions = (id: string): Promise<object[]> => stack.sql('select id from app.approval_decision where approval_id = $1', [id]);

  before(async () => {
    [push, mail] = await Promise.all([pushService(), MailServerDouble.start()]);
    stack = await LocalStack.start({ env: { ...push.env, SMTP_URL: mail.url, COUNTERSIGN_EGRESS: egress(), COUNTERSIGN_APPROVAL_TIMEOUT_MS: String(TIMEOUT_MS) } });
    browser = await openBrowser();
    team = await stack.activeTeam('asha', 'production'); // a trial has fewer tasks than are asked about here
    phone = await Phone.of('asha', stack, browser);
    unanswered = await ask();
  });
  // Where the browser did not come up, the stack must still go: it would hold this process.
  after(() => Promise.all([browser?.close(), stack.close(), push.double[Symbol.asyncDispose](), mail[Symbol.asyncDispose]()]));

  it('is rung with ids alone, taps, reads, approves, and exactly those bytes are pushed', async () => {
    const { repository, goal, approval } = await ask();
    const push = await until('the push', async () => (await phone.pushes()).find(({ message }) => message.data['id'] === approval.id));
    expect(push.message.data).toEqual({ t: 'approval', id: approval.id, v: expect.stringMatching(/^\d+$/), team, head: expect.stringMatching(new RegExp(`^audit\\.countersign/[a-z]+/team/${team}\n\\d+\n`)) });
    for (const secret of [repository.remote, goal.branch, approval.title, ...approval.artifacts.map(({ path }) => path)]) expect(JSON.stringify(push)).not.toContain(secret);

    const page = await phone.tap(approval.id);
    await page.getByText(`all ${approval.artifacts.length} files match what you would countersign`).waitFor();
    expect(await page.getByText(approval.whatHappens).count()).toBe(1);
    expect(await page.getByText(approval.digestWords, { exact: true }).count()).toBe(1);
    await approveButton(page).click();
    await undoStays(stack, approval.id);
    await page.getByRole('button', { name: /^Undo/ }).click();
    await until('it waits again', () => isOpen(page));
    expect(repository.pushes()).toEqual([]);
    await approveButton(page).click();
    await undoOver(stack, approval.id);
    await page.getByText('Pushed', { exact: true }).waitFor();

    await untilGoal(stack, goal, 'done');
    const manifest = (await (await stack.fetch('asha', `/v1/approvals/${approval.id}/manifest`)).json()) as { effects: { params: { tree: string } }[] };
    expect(repository.remoteTree(goal.branch)).toBe(manifest.effects[0]!.params.tree);
    expect(repository.pushes()).toHaveLength(1);
    const decided = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approval.id}`);
    expect(decided.decision).toMatchObject({ decision: 'approve', by: 'Asha', device: 'Simulated phone', signedWith: 'device' });
    expect(await noticeAfter(page, JSON.stringify(push.message.data))).toMatchObject({ type: 'push', approvalId: approval.id });
  });

  it('can read without a connection what waits, opened before or not, and approves nothing then', async () => {
    asked = await ask();
    const page = await phone.open('/');
    const kept = [`/v1/approvals/${unanswered.approval.id}/manifest`, `/v1/approvals/${asked.approval.id}/manifest`, ...asked.approval.artifacts.map(({ contentUrl }) => contentUrl!)];
    await until('the request is kept', () => page.evaluate<boolean>(`Promise.all(${JSON.stringify(kept)}.map((path) => caches.match(path))).then((all) => all.every(Boolean))`));
    await phone.context.setOffline(true);
    let answerAgain = await answerForServer(phone.context, (route) => route.abort('internetdisconnected'));
    try {
      await page.goto(`${stack.url}/a/${asked.approval.id}`);
      await page.getByText(/Offline – showing what was saved/).waitFor();
      await page.getByText(asked.approval.whatHappens).waitFor(); // drawn a moment after the word that it was saved
      // Sentence and button in one look: the page asks the server again every few seconds.
      const shut = await until('offline is said', () => approveButton(page).evaluate((button) => button.ownerDocument.body.innerText.includes('You are offline. A yes is signed over a number that the server gives') && { disabled: button.matches(':disabled') }));
      expect(shut).toEqual({ disabled: true });
    } finally {
      await answerAgain();
      await phone.context.setOffline(false);
    }
    await until('the button opens again', () => isOpen(page));
    // nor is it another thing where something answers for the server
    answerAgain = await answerForServer(phone.context, (route) => route.fulfill({ status: 502, body: 'Bad gateway' }));
    try {
      await page.reload();
      await page.getByText(/Offline – showing what was saved/).waitFor();
      await page.getByText(asked.approval.whatHappens).waitFor(); // drawn a moment after the word that it was saved
    } finally {
      await answerAgain();
    }
    await until('the button opens once more', () => isOpen(page));
    await page.close();
  });

  it('reads what waits, and says no to it, where there is a signal and not a byte comes', async () => {
    const { approval } = asked;
    // as on an iPhone, which sends nothing while the app is closed
    await phone.context.addInitScript('delete ServiceWorkerRegistration.prototype.sync');
    const held: Route[] = [];
    const answerAgain = await answerForServer(phone.context, (route) => void held.push(route));
    for (const path of ['decision', 'challenge']) await phone.context.route(`**/v1/approvals/*/${path}`, () => undefined);
    await phone.context.route('**/v1/approvals/batch-sync', (route) => route.abort('internetdisconnected'));
    const reads = async (page: Page): Promise<void> => {
      await page.getByText('The server is slow to answer – showing what was saved').waitFor();
      await page.getByText(approval.whatHappens).waitFor();
    };
    const asksWhyNot = async (page: Page): Promise<Locator> => {
      await page.getByRole('button', { name: 'More answers' }).click();
      await page.getByRole('button', { name: /^Deny/ }).click();
      return page.getByLabel('Why not?');
    };
    try {
      const page = await phone.open(`/a/${approval.id}`);
      await reads(page);
      // of the whole wait, what is not this machine's own work
      expect(await page.evaluate<number>(`performance.getEntriesByName(location.origin + '/v1/approvals/${approval.id}')[0].duration`)).toBeLessThan(5_000);
      await page.clock.install();
      await (await asksWhyNot(page)).fill('in a tunnel');
      await page.evaluate(`IDBObjectStore.prototype.known = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }`);
      await page.getByRole('button', { name: 'Deny it' }).click();
      await page.getByRole('button', { name: 'Deny it' }).and(page.locator('[data-loading]')).waitFor();
      await page.clock.fastForward(12_000);
      await page.getByText('No answer came, so it is not known whether this arrived, and it could not be saved here: this device has no room left. Try again: it counts once.').waitFor();
      await page.evaluate('IDBObjectStore.prototype.put = IDBObjectStore.prototype.known');
      await page.getByRole('button', { name: 'Deny it' }).click(); // by now it is known that there is no connection: it is not sent again, and may have arrived all the same
      await page.getByText('Saved on this phone – no answer came').waitFor();
      await page.getByText('It may have arrived. It is sent again').waitFor();
      await page.close();
      const later = await phone.open(`/a/${approval.id}`);
      await reads(later);
      await later.getByText('Saved on this phone – no answer came').waitFor();
      await later.getByRole('button', { name: 'Do not send it again' }).click();
      await later.getByText('Saved on this phone').waitFor({ state: 'detached' });
      const whyNot = await asksWhyNot(later);
      expect(await whyNot.inputValue()).toBe('in a tunnel'); // the writer's again, to go on with
      await whyNot.fill('');
      await later.keyboard.press('Escape');
      await until('a yes can be tried', () => isOpen(later));
      await later.clock.install();
      await approveButton(later).click();
      await later.clock.fastForward(12_000);
      await later.getByText('No answer came, so it is not known whether this arrived. Try again: it counts once.').waitFor();
      await later.close();
    } finally {
      await answerAgain();
      await Promise.all(held.map((route) => route.continue()));
      for (const path of ['decision', 'challenge']) await phone.context.unroute(`**/v1/approvals/*/${path}`);
      await phone.context.unroute('**/v1/approvals/batch-sync');
    }
  });

  it('denies with a reason without a connection: not sent, and said so, until the same person is back; nothing is pushed', async () => {
    const { repository, goal, approval } = asked;
    const state = async ({ id }: ApprovalDetail): Promise<string> => (await stack.get<ApprovalDetail>('asha', `/v1/approvals/${id}`)).state;
    const deny = async ({ id }: ApprovalDetail): Promise<Page> => {
      const page = await phone.open(`/a/${id}`);
      await page.getByRole('button', { name: 'More answers' }).click();
      await page.getByRole('button', { name: /^Deny/ }).click();
      const send = page.getByRole('button', { name: 'Deny it' });
      expect(await send.isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'Not now' }).click();
      await page.getByLabel('Why not?').fill('after the release');
      await send.click();
      await page.getByText('Saved on this phone – not sent').waitFor();
      expect(await page.getByText(/^Denied/).count()).toBe(0);
      return page;
    };
    const sendBack = async ({ id }: ApprovalDetail): Promise<Page> => {
      const page = await phone.open(`/a/${id}`);
      await page.getByRole('button', { name: 'Comment on a line' }).first().click();
      await page.getByLabel('Comment on line 1').fill('Which unit?');
      await page.evaluate(`Storage.prototype.known = Storage.prototype.setItem; Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }`);
      await page.getByRole('button', { name: 'Keep comment' }).click();
      await page.getByText('This browser has no room left to keep it').waitFor();
      await page.evaluate('Storage.prototype.setItem = Storage.prototype.known');
      await page.getByRole('button', { name: 'Keep comment' }).click();
      await page.getByRole('button', { name: /^Changes.*1 comment/ }).click();
      await page.getByLabel('What should be different?').fill('as long as a reason may be '.repeat(66));
      await page.getByRole('button', { name: 'Send 1 comment' }).click();
      await page.getByText('With 1 comment on lines.').waitFor();
      return page;
    };
    const sent: { approvalId: string; comments?: object[] }[][] = [];
    let away = true; // a request that is looked at here goes on whether the browser is offline or not
    await phone.context.route('**/v1/approvals/batch-sync', async (route) => {
      if (away) return route.abort('internetdisconnected');
      const { decisions } = route.request().postDataJSON() as { decisions: (typeof sent)[number] };
      sent.push(decisions);
      await (decisions.length > 1 ? route.fulfill({ status: 422, json: { status: 422, code: 'invalid', title: 'one of them cannot be read' } }) : route.continue());
    });
    await phone.context.setOffline(true);
    try {
      const page = await deny(approval);
      const late = await sendBack(unanswered.approval);
      expect((await late.getByRole('region', { name: 'Decision' }).boundingBox())!.height).toBeLessThanOrEqual(422); // the half of the screen: what is decided about can still be read
      await page.goto(stack.url);
      await page.getByText('Saved on this phone – not sent').nth(1).waitFor();
      expect([await state(approval), await state(unanswered.approval)]).toEqual(['pending', 'pending']);
      await phone.context.clearCookies(); // her session is over before there is a connection again
      await Promise.all([late.close(), page.close()]); // not before: what is held up here when its page closes is let go, past the missing connection
    } finally {
      away = false;
      await phone.context.setOffline(false);
    }
    await stack.sql('update app.approval set due_at = clock_timestamp() where id = $1', [unanswered.approval.id]);
    await until('it expires', async () => (await state(unanswered.approval)) === 'expired');
    // a tab of Asha's still stands open while Ben has her phone
    const ben = await phone.hand('ben');
    await ben.getByText('Nothing is waiting for you').waitFor();
    expect(await ben.getByText(/Saved on this phone/).count()).toBe(0);
    await phone.lockScreen.getByText('There is no such request').waitFor(); // what Asha was reading there is not for Ben
    for (const tab of [phone.lockScreen, ben]) await tab.evaluate(`document.dispatchEvent(new Event('visibilitychange')); fetch('/v1/me').then(() => true)`);
    await ben.close();
    expect(await state(approval)).toBe('pending');

    const page = await phone.hand('asha');
    await page.getByText('Needs another look').first().waitFor();
    await untilGoal(stack, goal, 'denied');
    expect(repository.pushes()).toEqual([]);
    await page.getByText('Its time was over before your decision arrived. Nothing happened.').click();
    await page.getByRole('button', { name: 'I have seen it' }).click();
    await page.getByText('Needs another look').waitFor({ state: 'detached' });
    await page.getByText('You wrote this, and did not send it').waitFor(); // its remark is the writer's again, and the reason
    expect(await page.getByText('as long as a reason may be as long as').count()).toBe(1);
    expect([sent.some(({ length }) => length === 2), sent.at(-1)!.length]).toEqual([true, 1]); // what could not be read together was sent one by one
    for (const { comments } of sent.flat().filter(({ approvalId }) => approvalId === unanswered.approval.id)) expect(comments).toEqual([expect.objectContaining({ line: 1, text: 'Which unit?' })]);
    await phone.context.unroute('**/v1/approvals/batch-sync');
    await page.goto(`${stack.url}/a/${approval.id}`);
    await page.getByText('Not now: after the release').first().waitFor();
    await page.close();
  });

  it('approves with a passkey what leaves for other people, and not without it: exactly the letter that was on the screen is sent, once', async () => {
    const { repository, goal, approval } = await ask(...LETTER);
    letter = goal;
    const page = await phone.tap(approval.id);
    const passkey = await aPasskey(page);
    await page.getByText('This device has no passkey').waitFor(); // before anything was read
    expect(await isOpen(page)).toBe(false);
    await page.goto(`${stack.url}/me`);
    await page.getByText('This device has no passkey').waitFor();
    const make = page.getByRole('button', { name: 'Make a passkey' });
    expect((await make.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    await make.click();
    await page.getByText('Your passkey signs on this device.').waitFor();
    expect(await make.count()).toBe(0);
    await page.goto(`${stack.url}/a/${approval.id}`);
    await page.getByText(/not on the screen to the end yet/).waitFor();
    expect(await isOpen(page)).toBe(false);
    await readThrough(page);
    const lines = await page.locator('section', { has: page.getByRole('heading', { name: 'What is sent' }) }).locator('dl > div').evaluateAll((rows) => rows.map(({ children: [label, value] }) => [label!.textContent, value!.textContent]));
    const shown = (path: string): Promise<string> => page.locator(`table[aria-label="${path}"] td:last-child`).evaluateAll((cells) => cells.map(({ textContent }) => textContent).join('\n'));
    const texts = [await shown('src/clamp.js'), await shown('src/slug.js')];
    expect(await page.locator('article h3').allTextContents()).toEqual([expect.stringMatching(/^src\/clamp\.jsText of the letter/), expect.stringMatching(/^src\/slug\.jsAttached/)]);
    await passkey.verifies(false);
    await approveButton(page).click();
    await page.getByText(/Not recorded\. Your passkey was not used/).waitFor();
    await passkey.verifies(true);
    await approveButton(page).click();
    await undoOver(stack, approval.id);
    await page.getByText('Sent', { exact: true }).waitFor();
    await untilGoal(stack, goal, 'done');
    const recipients = ['ravi@chai.example', 'meera@tea.example', 'amit@chai.example'];
    const sent = mail.taken.filter(({ to }) => to.some((address) => recipients.includes(address)));
    expect([sent.map(({ from, to }) => [from, to]), repository.pushes()]).toEqual([[['reports@chai.example', recipients]], []]);
    expect({ lines, texts }).toEqual(opened(sent[0]!.message));
    const decided = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approval.id}`);
    expect(decided).toMatchObject({ tier: 2, decision: { device: 'Simulated phone', signedWith: 'passkey' } });
  });

  it('approves nothing where the passkey is on another device, nor from a device that was removed while its page stood open', async () => {
    const tablet = await Phone.of('asha', stack, browser!);
    const [sends, pushes] = [await copyOf(letter), await copyOf(asked.goal)];
    const [elsewhere, page] = [await tablet.open(`/a/${sends}`), await tablet.open(`/a/${pushes}`)];
    await elsewhere.getByText(/^Your passkey is on another device/).waitFor();
    expect([await isOpen(elsewhere), await elsewhere.getByRole('button', { name: 'Changes' }).isEnabled()]).toEqual([false, true]);
    await until('the button opens', () => isOpen(page));
    const { deviceId } = await page.evaluate<Me>(`fetch('/v1/me').then((answer) => answer.json())`);
    expect((await stack.fetch('asha', `/v1/devices/${deviceId}`, { method: 'DELETE' })).status).toBe(204);
    await approveButton(page).click();
    await page.getByText('Not recorded. This browser is no device of yours any more.').waitFor();
    expect([await decisions(sends), await decisions(pushes)]).toEqual([[], []]);
    await tablet.context.close();
  });

  it('cannot approve when the bytes that arrive are not those of the manifest, whatever the server says of them', async () => {
    tampered = await ask();
    const { approval } = tampered;
    const file = approval.artifacts[0]!;
    const [{ content }] = (await stack.sql<{ content: Buffer }>('select content from app.artifact where id = $1', [file.id])) as [{ content: Buffer }];
    await stack.sql('update app.artifact set content = null where id = $1', [file.id]);
    const empty = await phone.open(`/a/${approval.id}`);
    await empty.getByText(`This device could not check the files: the bytes of ${file.path} are not kept any more`).waitFor();
    await empty.getByText('Its bytes are not kept any more').waitFor();
    expect(await isOpen(empty)).toBe(false);
    await empty.close();
    await stack.sql('update app.artifact set content = $2 where id = $1', [file.id, content]);
    await stack.sql(`update app.artifact set content = convert_to(c.text, 'UTF8'), sha256 = sha256(convert_to(c.text, 'UTF8'))
      from (select id, replace(convert_from(content, 'UTF8'), 'e', 'ё') as text from app.artifact) c where c.id = app.artifact.id and app.artifact.id = $1`, [file.id]);
    const page = await phone.tap(approval.id);
    await page.getByText(`Not what would be countersigned: ${file.path} differs`).waitFor();
    expect(await isOpen(page)).toBe(false);
    expect(await page.getByRole('button', { name: 'Changes' }).isEnabled()).toBe(true);
  });

  it('reads whole what is published, with what can be run; and approves no push beside other bytes than stand there, or none', async () => {
    const tool = { path: 'run.sh', mediaType: 'text/x-sh', bytes: Buffer.from('#!/bin/sh\necho run\n'), mode: '100755' } as const;
    const [published, pushed] = [await copyOf(asked.goal, { effect: { kind: 'file.publish', folder: 'week-47' }, files: [tool] }), await copyOf(asked.goal)];
    const { artifacts: [file] } = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${pushed}`);
    const context = await browser!.newContext({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce', serviceWorkers: 'block' });
    await setUpBefore(context);
    const page = await context.newPage();
    const bases: string[] = [];
    page.on('request', (request) => void (request.url().endsWith('/base') && bases.push(request.url())));
    await page.goto(`${stack.url}/a/${published}`);
    await signIn(page, 'asha');
    const what = page.locator('section', { has: page.getByRole('heading', { name: 'What is published' }) });
    await what.getByText('week-47').waitFor();
    await page.getByText(`all ${asked.approval.artifacts.length + 1} files match what you would countersign`).waitFor();
    const program = what.getByRole('button', { name: /^run\.sh/ });
    await program.getByText('can be run as a program').waitFor();
    if ((await program.getAttribute('aria-expanded')) === 'false') await program.click();
    await what.getByRole('table', { name: 'run.sh', exact: true }).getByText('echo run').waitFor();
    await until('the button opens', () => isOpen(page));
    // by its manifest all of it but the program has stood there already
    expect([bases, await what.getByText('can be run as a program').count(), await what.getByText('lines added').count(), await what.getByText('equal lines').count()]).toEqual([[], 1, 0, 0]);

    await page.route('**/artifacts/*/versions/*/base', (route) => route.fulfill({ body: 'not what stood there' }));
    await page.goto(`${stack.url}/a/${pushed}`);
    await page.getByText(/^Not what would be countersigned: .* differs/).waitFor();
    expect([await page.getByText('not what stood there').count(), await isOpen(page)]).toEqual([0, false]);
    await page.unroute('**/artifacts/*/versions/*/base');
    await page.route(`**/v1/approvals/${pushed}`, async (route) => {
      const response = await route.fetch();
      const { artifacts, ...rest } = (await response.json()) as ApprovalDetail;
      await route.fulfill({ response, json: { ...rest, artifacts: artifacts.map((one) => ({ ...one, baseContentUrl: null })) } });
    });
    await page.reload();
    await page.getByText(/^This device could not check the files: what stood at .* is not kept any more/).waitFor();
    await page.getByText('What stood there is not kept any more: this is the whole file as it would be.').first().waitFor();
    await page.getByRole('table', { name: file!.path, exact: true }).waitFor();
    expect(await isOpen(page)).toBe(false);
    await context.close();
  });

  it('asks the same question twice, and both are asked; what was typed is kept until it is sent, and not after', async () => {
    const page = phone.lockScreen;
    const questions = async () => (await stack.get<ApprovalThread>('asha', `/v1/approvals/${tampered.approval.id}/thread`)).items.filter(({ kind }) => kind === 'question');
    const ask = async (on = page): Promise<void> => {
      await on.getByRole('button', { name: 'More answers' }).click();
      await on.getByRole('button', { name: /^Ask the team/ }).click();
    };
    const words = page.getByLabel('Your question');
    const other = await phone.open(`/a/${tampered.approval.id}`);
    const theirs = other.getByLabel('Your question');
    for (const before of [0, 1]) {
      await ask();
      expect([before, await words.inputValue()]).toEqual([before, '']);
      await words.fill('Is this safe?');
      await page.keyboard.press('Escape');
      await ask();
      expect(await words.inputValue()).toBe('Is this safe?');
      if (before === 1) await ask(other);
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await words.waitFor({ state: 'detached' });
      expect(await questions()).toHaveLength(before + 1);
    }
    await until('it is no draft in another tab either', async () => (await theirs.inputValue()) === '');
    // what was written there since is
    await ask();
    await words.fill('And this?');
    await theirs.fill('And that?');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await words.waitFor({ state: 'detached' });
    expect(await theirs.inputValue()).toBe('And that?');
    await theirs.fill('');
    await other.close();
    await ask();
    await words.fill('Mine');
    await page.evaluate(`localStorage.setItem('countersign.draft.somebody-else.${tampered.approval.id}.ask', 'Theirs')`); // who had this phone before her
    await page.reload();
    await page.getByText('Not what would be countersigned:').waitFor();
    expect(await page.evaluate(`Object.entries(localStorage).filter(([key]) => key.endsWith('${tampered.approval.id}.ask')).map(([, text]) => text)`)).toEqual(['Mine']);
  });

  it('answers a goal that is blocked: the member gets the words, and the goal goes on', async () => {
    const { goal } = tampered;
    await stack.sql(`update app.task set state = 'blocked', notes = '["The suite failed."]' where goal_id = $1 and key = 'docs'`, [goal.id]);
    await stack.sql(`update app.goal set state = 'blocked' where id = $1`, [goal.id]);
    const page = await phone.open(`/teams/${team}/goals/${goal.id}`);
    await page.getByLabel(/What should .* know\?/).fill('The suite needs no network');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The customer asks: The suite needs no network').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor({ state: 'detached' });
    await untilGoal(stack, goal, 'proposed');
    await page.close();
  });

  it('leaves a request alone: it expires, which is neither a yes nor a no, and nothing is pushed', async () => {
    const { repository, goal, approval } = unanswered;
    await stack.sql(`update app.approval set due_at = clock_timestamp() where id = $1 and state = 'pending'`, [approval.id]);
    await untilGoal(stack, goal, 'expired');
    const page = await phone.open(`/a/${approval.id}`);
    await page.getByText('That is neither a yes nor a no.').waitFor();
    expect(await approveButton(page).count()).toBe(0);
    expect(repository.pushes()).toEqual([]);
    expect((await goalStatus(stack, goal)).effect).toBeNull();
    await page.getByRole('button', { name: 'Ask for it again' }).click();
    await page.waitForURL((url) => url.pathname.startsWith(`/teams/${team}/goals/`));
    const again = await stack.get<GoalDetail>('asha', `/v1${new URL(page.url()).pathname}`);
    expect([again.id === goal.id, again.text, again.repository]).toEqual([false, 'Document and test the package', (await goalStatus(stack, goal)).repository]);
    await stack.post('asha', `/v1/teams/${team}/goals/${again.id}/cancel`, {}); // that it is asked for again is enough here
    await page.close();
  });

  it('fits on the smallest phones: nothing is out of sight at the side', async () => {
    const page = await phone.open('/');
    await page.setViewportSize({ width: 320, height: 568 });
    for (const path of ['/', '/?show=done', `/a/${asked.approval.id}`, '/teams', `/teams/${team}`, `/teams/${team}?tab=board`, `/teams/${team}?tab=spending`, `/teams/${team}/goals/${asked.goal.id}`, '/chat', '/me', '/dev/phone', '/dev/mail']) {
      await page.goto(`${stack.url}${path}`);
      await page.getByRole('heading').first().waitFor();
      expect([path, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([path, 320]);
    }
    await page.close();
  });

  it('says how it wants to be reached, keeps what was changed elsewhere meanwhile, and has itself rung to see that it works', async () => {
    const page = await phone.open('/me');
    const read = () => stack.get<NotificationPreferences>('asha', '/v1/notification-preferences');
    await page.getByLabel('About to expire: Push').uncheck();
    await page.getByLabel('Quiet hours').check();
    await page.getByLabel('To', { exact: true }).fill('06:30');
    await page.getByLabel('Time to undo a decision').selectOption('30');
    const { version, available: _available, webPushKey: _webPushKey, substitutes: _substitutes, ...before } = await read();
    const elsewhere = await stack.fetch('asha', '/v1/notification-preferences', { method: 'PUT', headers: { 'content-type': 'application/json', 'if-match': `"${version}"` }, body: JSON.stringify({ ...before, channels: { ...before.channels, reminder: ['push'] } }) });
    expect(elsewhere.status).toBe(200);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Not saved yet: what comes by which channel was changed elsewhere').waitFor();
    expect([await page.getByLabel('Still waiting: Mail').isChecked(), await page.getByLabel('To', { exact: true }).inputValue()]).toEqual([false, '06:30']);
    await page.getByRole('button', { name: 'Save again' }).click();
    const saved = await until('the settings are saved', async () => {
      const preferences = await read();
      return preferences.version > version + 1 && preferences;
    });
    expect(saved).toMatchObject({ channels: { warning: ['email', 'sms'], reminder: ['push'] }, quietHours: { from: '22:00', to: '06:30' }, undoSeconds: 30 });
    await page.reload();
    expect(await page.getByLabel('About to expire: Push').isChecked()).toBe(false);
    await page.getByRole('button', { name: 'Send a test to Simulated phone' }).click();
    await page.getByText('The push service took the test.').waitFor();
    expect((await phone.pushes()).map(({ message }) => message.data['t'])).toContain('test');
    await page.close();
  });

  it('is set up at its first visit, step by step and once, also on the smallest phone; a test push arrives, or it is said why not', async () => {
    const { double } = push;
    const context = await phoneContext(browser!);
    await canBeNotified(context, double, 'default');
    const page = await context.newPage();
    await page.goto(stack.url);
    await signIn(page, 'asha');
    await page.setViewportSize({ width: 320, height: 568 });
    const next = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const step = async (heading: string): Promise<void> => {
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      expect([heading, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([heading, 320]);
    };
    await step('This is you');
    await next('Yes, that is me');
    await step('How approvals work');
    for (const card of ['You approve exact bytes', 'Silence is never a yes', 'Everything is on a record']) {
      await page.getByRole('heading', { name: card }).waitFor();
      await next('Next');
    }
    await step('Keep it on this device');
    await next('Next');
    await step('May we notify you?');
    await next('Turn on');
    await page.getByText('You gave no answer').waitFor();
    await willAnswer(page, 'granted');
    await next('Turn on');
    await page.getByText('This device can notify you.').waitFor();
    await next('Next');
    await step('Did it arrive?');
    await page.getByText('We sent one just now').waitFor();
    const [arrived] = double.taken;
    expect(JSON.parse(arrived!.body)).toMatchObject({ web_push: 8030, notification: { title: 'Countersign can reach you here', data: { t: 'test' } } });
    expect(await noticeAfter(page, arrived!.body)).toMatchObject({ type: 'push', approvalId: undefined });
    await next('No');
    await page.getByText('The push service took the test').waitFor();
    double.faults.push('gone');
    await next('Send another');
    await page.getByText('No test was sent. Its address is not valid any more.').waitFor();
    await step('Did it arrive?');
    await next('Go on');
    await step('Your passkey');
    const passkey = await aPasskey(page);
    await passkey.verifies(false);
    await next('Make a passkey');
    await page.getByText('Not done. The dialog was closed, or gave no answer.').waitFor();
    await step('Your passkey');
    await passkey.verifies(true);
    await next('Make a passkey');
    await page.getByText('Your passkey signs on this device.').waitFor();
    await next('Next');
    await step('What a lock screen shows');
    await page.getByLabel(/Detailed/).check();
    await next('Next');
    await step('Quiet hours');
    await page.getByLabel('Quiet hours').check();
    await page.getByLabel('From', { exact: true }).fill('21:00');
    await next('Done');
    await page.getByRole('heading', { name: /^Inbox$|waiting$/, level: 1 }).waitFor();
    expect(await stack.get<NotificationPreferences>('asha', '/v1/notification-preferences')).toMatchObject({ discreet: false, quietHours: { from: '21:00', to: expect.any(String) }, timeZone: 'Europe/Berlin' });
    // each start tells the server this browser's address anew, but not one that its push service gave up: a reader who comes back is told still
    for (let starts = 0; starts < 3; starts++) {
      const looked = page.waitForResponse((response) => response.request().method() === 'GET' && /\/v1\/devices\/[^/]+$/.test(response.url()));
      await page.goto(`${stack.url}/me`);
      await Promise.all([looked, page.getByText('This device stopped receiving').waitFor()]);
    }
    // one that it has got meanwhile, of which nobody said anything, is told
    const another = page.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/subscription'));
    await page.evaluate(`localStorage.setItem('countersign.test.turn', '1')`);
    await page.reload();
    expect((await another).status()).toBe(204);
    await stack.sql(`update app.device set subscription = null, last_failure = 'web_push_410', last_failure_at = now() where subscription ->> 'endpoint' <> $1 and person_id = (select id from app.person where login = 'asha')`, [arrived!.endpoint]);
    await page.reload();
    await page.getByRole('button', { name: 'Reconnect' }).click();
    await page.getByText('This device stopped receiving').waitFor({ state: 'detached' });
    await page.getByRole('listitem').filter({ hasText: 'this session' }).getByRole('button', { name: /^Send a test/ }).click();
    await page.getByText('The push service took the test.').waitFor();
    expect(double.taken.map(({ endpoint }) => endpoint === arrived!.endpoint)).toEqual([true, false]);
    // whoever has passed the step over turns it on here
    await page.evaluate(`for (const name of ['permission', 'subscribed']) localStorage.removeItem('countersign.test.' + name)`);
    await page.reload();
    const subscribed = page.waitForResponse((response) => response.request().method() === 'PUT' && /\/v1\/devices\/[^/]+\/subscription$/.test(response.url()));
    const [told] = await Promise.all([subscribed, next('Turn on')]);
    await page.getByText('This browser notifies you.').waitFor();
    expect([told.status(), await page.getByRole('button', { name: 'Notify me in this browser' }).count()]).toEqual([204, 0]);
    // a browser that gives its address up says where it is now, with no page open to do so
    const elsewhere = double.subscribe();
    const givesUp = `{
      const known = ${JSON.stringify(elsewhere)};
      PushManager.prototype.subscribe = async ({ userVisibleOnly }) => ({ toJSON: () => ({ endpoint: known.endpoint + '?' + userVisibleOnly, keys: { p256dh: known.p256dh, auth: known.auth } }) });
      self.dispatchEvent(Object.assign(new ExtendableEvent('pushsubscriptionchange'), { oldSubscription: { options: { userVisibleOnly: true, applicationServerKey: new ArrayBuffer(65) } } }));
    }`;
    const isKnown = async (): Promise<boolean> => (await stack.sql(`select 1 from app.device where subscription ->> 'endpoint' = $1`, [`${elsewhere.endpoint}?true`])).length === 1;
    // said again where the browser has ended its worker before it was done
    await until('the new address is known', async () => {
      await page.evaluate(`fetch('/v1/me').then(() => true)`);
      await context.serviceWorkers().at(-1)!.evaluate(givesUp);
      return until('it is known', isKnown, 10_000);
    });
    // what is seen in the app is no news on the screen
    await page.addInitScript(`window.taken = []; window.shown = ['inbox', 'apr_gone', 'acc_team']; ServiceWorkerRegistration.prototype.getNotifications = async () => window.shown.filter((tag) => !window.taken.includes(tag)).map((tag) => ({ tag, close: () => window.taken.push(tag) }))`);
    const taken = (tags: string): Promise<boolean> => page.evaluate<boolean>(`window.taken.join() === '${tags}'`);
    await page.goto(`${stack.url}/me`);
    await until('the notices are taken away', () => taken('inbox,apr_gone'));
    // what was rung while nobody looked is news, though the list that is here is older
    const [over] = (await stack.get<{ items: ApprovalSummary[] }>('asha', '/v1/approvals?state=over')).items;
    let deliver: (() => void) | undefined;
    const delivered = new Promise<void>((resolve) => (deliver = resolve));
    let lists = 0;
    await context.route('**/v1/approvals?state=pending*', async (route) => {
      lists += 1;
      await delivered;
      await route.fulfill({ json: { items: [{ ...over!, id: 'new', state: 'pending' }], nextCursor: null } });
    });
    const lookAgain = `document.dispatchEvent(new Event('visibilitychange'))`;
    await page.evaluate(`window.taken = []; window.shown = ['apr_new', 'apr_over']; ${lookAgain}`);
    await until('the list is asked for', () => lists > 0);
    expect(await taken('')).toBe(true);
    deliver!();
    await until('the old one is taken away', async () => (await taken('apr_over')) || (await page.evaluate(lookAgain), false), 60_000, 2_000);
    // nor is whoever has this browser next notified by what its last person turned on
    const address = (): Promise<string | null> => page.evaluate(`localStorage.getItem('countersign.test.subscribed')`);
    const former = await address();
    const stuck = (is: boolean): Promise<unknown> => page.evaluate(is ? `localStorage.setItem('countersign.test.stuck', '1')` : `localStorage.removeItem('countersign.test.stuck')`);
    await stuck(true);
    await context.clearCookies();
    await page.goto(`${stack.url}/me`);
    const kept = page.waitForEvent('console', (message) => message.text().includes('still has an address at which it is rung'));
    await signIn(page, 'ben');
    await kept;
    expect(await address()).toBe(former);
    await stuck(false);
    await page.reload(); // where that failed it is done at the next visit
    await until('the address is given up', async () => (await address()) === null);
    await page.evaluate(`localStorage.setItem('countersign.test.subscribed', '${former}')`); // an older version has left it
    await page.reload();
    await next('Notify me in this browser');
    await page.getByText('can notify you from now on').waitFor();
    expect(await address()).not.toBeNull();
    await page.goto(stack.url); // nor has this person been shown around here
    await step('This is you');
    await page.goto(`${stack.url}/me`);
    await next('Sign out');
    await page.getByRole('link', { name: 'Sign in' }).first().waitFor();
    expect(await address()).toBeNull();
    expect(await (await fetch(`${stack.url}/manifest.webmanifest`)).json()).toMatchObject({ id: '/', display: 'standalone', handle_links: 'preferred', icons: expect.arrayContaining([expect.objectContaining({ purpose: 'maskable' })]), shortcuts: expect.arrayContaining([expect.objectContaining({ url: '/' })]) });
    await context.close();
  });

  it('lets a device that was just added count, from one that counts', async () => {
    const { id } = await stack.approver().register();
    await stack.sql(`update app.approver_key set effective_from = null, highest_from = null where device_id = $1`, [id]);
    const page = await phone.open('/me');
    await page.getByText('New: it approves nothing yet').waitFor();
    await stack.sql(`update app.approver_key set effective_from = now() + interval '1 day', highest_from = now() where device_id = $1`, [id]);
    await page.reload();
    await page.getByRole('button', { name: 'It is mine: let it count now (Test device)' }).click();
    await page.getByText('New: what it approves counts').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Rename Test device' }).click();
    await page.getByLabel('Name of Test device').fill('Work laptop');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Work laptop', { exact: true }).waitFor();
    expect(await stack.sql(`select vouch is not null as vouched, effective_from <= now() as counts from app.approver_key where device_id = $1`, [id])).toEqual([{ vouched: true, counts: true }]);
    await page.close();
  });

  it('keeps a receipt of a decision, which is verified without the server, and not with a byte altered', async () => {
    const loaded: string[] = []; // the page's own list of it stays empty where requests were answered for the server before
    const note = (request: Request): void => void loaded.push(request.url());
    phone.context.on('request', note);
    const page = await phone.open(`/a/${asked.approval.id}`);
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save receipt' }).click()]);
    const file = join(mkdtempSync(join(tmpdir(), 'countersign-receipt-')), saved.suggestedFilename());
    await saved.saveAs(file);
    const report = await stack.json<{ ok: boolean; payload: object }>('audit', 'verify', file);
    expect(report).toMatchObject({ ok: true, payload: { action: 'MOBILE-APPROVAL-DENIED', body: { digest: asked.approval.digest } } });
    await page.getByRole('link', { name: 'Verify a receipt' }).click();
    await page.getByRole('heading', { name: 'Verify a receipt' }).waitFor();
    const text = readFileSync(file, 'utf8');
    // the app itself stands: what it keeps of itself is not fetched for a receipt
    await until('the app keeps itself', () => loaded.some((url) => url.includes('/workbox-window')));
    phone.context.off('request', note);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await phone.context.setOffline(true);
    try {
      const choose = (name: string, content: string) => page.getByLabel("The receipt's file").setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
      await choose('receipt.json', text);
      await page.getByRole('heading', { name: 'This receipt holds' }).waitFor();
      expect(await page.getByText('The request was denied').count()).toBe(1);
      await choose('other.json', text.replace(/(?<=extra .{400})./, (letter) => (letter === 'A' ? 'B' : 'A')));
      await page.getByRole('heading', { name: 'This receipt does not hold' }).waitFor();
      expect(await page.getByText(/^The entry and its proof/).count()).toBe(1);
    } finally {
      await phone.context.setOffline(false);
    }
    expect(requests).toEqual([]);
    await page.close();
  });

  it('says on the page why the record is not checked here, and approves nothing where the browser hides what it remembers', async () => {
    watched = await ask();
    const page = await phone.context.newPage();
    const visit = async (words: string): Promise<void> => {
      await page.goto(`${stack.url}/a/${watched.approval.id}`);
      await page.getByText(words).waitFor();
    };
    const proofs = '**/v1/audit/*/proof*';
    // a server that rewrote the record would show no head that gives it away, and prove nothing
    const bare = await phone.context.newPage();
    await bare.addInitScript(WITHOUT_HEADS);
    await phone.context.route(proofs, (route) => route.fulfill({ status: 503, json: { status: 503, code: 'unavailable', title: 'not now' } }));
    for (const _ of ['once may be bad luck', 'twice']) {
      await bare.goto(`${stack.url}/a/${watched.approval.id}`);
      await bare.getByText('This device could not check the record against what it remembers').waitFor();
    }
    await bare.getByText('does not prove its record, so nothing is approved here').waitFor();
    expect([await isOpen(bare), await bare.getByRole('button', { name: 'Changes' }).isEnabled()]).toEqual([false, true]);
    await phone.context.unroute(proofs);
    await bare.reload();
    await until('the proof has come', () => isOpen(bare));
    await bare.close();
    const answers: readonly (readonly [(route: Route) => Promise<void>, string])[] = [
      [(route) => route.fulfill({ json: { note: 7 } }), 'about the record cannot be read, so the record is not checked'],
      [(route) => route.abort(), 'The server shows your pages, and gives no answer when this device asks it to prove the record'],
      [(route) => route.fulfill({ status: 401, json: { code: 'unauthenticated' } }), 'says that nobody is signed in when this device asks it to prove the record'],
    ];
    for (const [answer, words] of answers) {
      await page.route(proofs, answer);
      await visit(words);
      await page.unroute(proofs);
    }
    await page.addInitScript(`{ const known = SubtleCrypto.prototype.importKey; SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...more) { return algorithm === 'Ed25519' ? Promise.reject(new DOMException('unknown', 'NotSupportedError')) : known.call(this, format, key, algorithm, ...more); }; }`);
    await visit('This browser is too old to check the record');
    await page.addInitScript(`{ const known = IDBFactory.prototype.open; IDBFactory.prototype.open = function (name, ...more) { if (name === 'countersign.witness') throw new DOMException('hidden', 'SecurityError'); return known.call(this, name, ...more); }; }`);
    await visit('This browser does not let us read what it remembers of the record, so nothing is approved here');
    expect(await isOpen(page)).toBe(false);
    await page.close();
  });

  it('is rung at once while an open page waits for the proof of its record, and told in the same place what speaks against that', async () => {
    const context = await phoneContext(browser!);
    await setUpBefore(context);
    const page = await context.newPage();
    await page.goto(`${stack.url}/me`);
    await signIn(page, 'asha');
    await page.getByText(/\d+ entries, proven/).first().waitFor();
    const held: Route[] = [];
    await page.route('**/v1/audit/*/proof*', (route) => void held.push(route));
    await page.goto(`${stack.url}/a/${watched.approval.id}`);
    await until('the proof is asked for', () => held.length > 0);
    const [{ note }] = (await stack.sql<{ note: string }>('select note from audit.checkpoint where team_id = $1 order by size desc limit 1', [team])) as [{ note: string }];
    await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
    const worker = await until('the worker runs', () => context.serviceWorkers().at(-1));
    // a machine without a screen shows none: what the browser is told to show
    await worker.evaluate(`self.shown = []; self.registration.showNotification = async (title, { tag, body }) => void self.shown.push({ tag, body })`);
    const shownAfter = async (head: string, wanted: readonly unknown[]): Promise<void> => {
      await deliverPush(page, JSON.stringify({ t: 'approval', id: watched.approval.id, v: '1', team, head }));
      const shown = await until('it is shown', async () => {
        const all = await worker.evaluate<unknown[]>('self.shown');
        return all.length >= wanted.length && all;
      });
      expect(shown).toEqual(wanted);
    };
    const [ring, warning] = [{ tag: `apr_${watched.approval.id}`, body: expect.stringMatching(/^Open it to see what would happen/) }, { tag: `apr_${watched.approval.id}`, body: expect.stringMatching(/^The record of this team is not the one/) }];
    await shownAfter(note, [ring]);
    await shownAfter(note.replace(/\n\d+\n/, '\n999\n'), [ring, ring, warning]);
    for (const route of held.splice(0)) await route.continue();
    await page.getByRole('alert').filter({ hasText: 'the record is not signed' }).waitFor(); // the proof that came later has not washed it out
    await context.close();
  });

  it('draws no other bytes than those that it has hashed, however long a tab stood open', async () => {
    const { approval } = watched;
    const context = await browser!.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', serviceWorkers: 'block' });
    await setUpBefore(context);
    const page = await context.newPage();
    await page.clock.install({ time: Date.now() + 7 * 86_400_000 }); // a wrong clock closes nothing that the server has open
    await page.goto(`${stack.url}/a/${approval.id}`);
    await signIn(page, 'asha');
    await page.getByText(`all ${approval.artifacts.length} files match what you would countersign`).waitFor();
    await until('it can be answered', async () => (await isOpen(page)) && page.getByRole('button', { name: 'Deny', exact: true }).isEnabled());
    await page.getByRole('link', { name: 'Teams', exact: true }).click();
    await page.getByRole('heading', { name: 'If you approve, this will happen' }).waitFor({ state: 'detached' });
    await page.route('**/artifacts/*/versions/*/content', (route) => route.fulfill({ body: 'not what was hashed' }));
    await page.clock.fastForward('31:00'); // what nobody looks at is forgotten by then
    await page.goBack();
    await page.getByText(/^Not what would be countersigned: .* differs/).waitFor();
    expect([await page.getByText('not what was hashed').count(), await isOpen(page)]).toEqual([0, false]);
    await page.close();
    // nor does the browser give to whoever comes next what it kept for her
    const shared = await context.newPage();
    const bytes = (): Promise<number> => shared.evaluate(`fetch('${approval.artifacts[0]!.contentUrl}').then(({ status }) => status)`);
    await shared.goto(stack.url);
    expect([await bytes(), await bytes()]).toEqual([200, 200]);
    await context.clearCookies(); // she does not even sign out
    await shared.goto(stack.url);
    await signIn(shared, 'ben');
    await shared.getByRole('navigation', { name: 'Main' }).waitFor();
    expect(await bytes()).toBe(404);
    await context.close();
  });

  it('sees red where a signed head was forged: what is wrong, and no approving, until the person has dealt with it', async () => {
    // a copy whose manifest says so: alone in her company she would not be asked at that tier
    const copy = await copyOf(watched.goal, { tier: 3 });
    const approval = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${copy}`);
    const page = await phone.open(`/a/${approval.id}`);
    await readThrough(page);
    await approveButton(page).click(); // what cannot be undone once it has its effect is looked at twice
    const sheet = page.getByRole('dialog', { name: 'Approve exactly this?' });
    const exactly = sheet.getByRole('button', { name: 'Approve exactly this' });
    await sheet.getByText(approval.digestWords).waitFor();
    expect(await exactly.isEnabled()).toBe(true);
    const [{ size, note }] = (await stack.sql<{ size: string; note: string }>('select size, note from audit.checkpoint where team_id = $1 order by size desc limit 1', [team])) as [{ size: string; note: string }];
    const write = (text: string) => stack.sql(`do $$ begin set local session_replication_role = replica; update audit.checkpoint set note = '${text}' where team_id = '${team}' and size = ${size}; end $$`);
    await write(note.replace(/\n\d+\n/, '\n999\n'));
    try {
      await noticeAfter(page, JSON.stringify({ t: 'approval', id: approval.id, v: '1', team, head: note }));
      await sheet.getByText('Nothing is approved here until that is explained').waitFor();
      expect(await exactly.isEnabled()).toBe(false); // the second look is shut by what shuts the first
      await page.reload();
      const alarm = page.getByRole('alert').filter({ hasText: 'the record is not signed' });
      await alarm.waitFor();
      await page.getByText('Nothing is approved here until that is explained').waitFor();
      expect([await isOpen(page), await page.getByRole('button', { name: 'Changes' }).isEnabled()]).toEqual([false, true]);
      expect(await noticeAfter(page, JSON.stringify({ t: 'approval', id: approval.id, v: '1', team, head: note }))).toMatchObject({ type: 'push' }); // a push changes nothing about it
      await write(note);
      await page.reload(); // nor does a record that is whole again
      await alarm.waitFor();
      const onward = alarm.getByRole('button', { name: /go on/i });
      expect(await onward.isDisabled()).toBe(true);
      const [saved] = await Promise.all([page.waitForEvent('download'), alarm.getByRole('button', { name: 'Save the evidence', exact: true }).click()]);
      expect(JSON.parse(readFileSync(await saved.path(), 'utf8'))).toMatchObject({ format: 'countersign/evidence/v1', team: { id: team }, alarm: { kind: 'not_signed', answer: { note: expect.stringContaining('\n999\n') } }, remembered: { note: expect.stringContaining(team) } });
      await onward.click();
      await alarm.getByRole('button', { name: 'I know what happened: start anew' }).click();
      await alarm.waitFor({ state: 'detached' });
      await readThrough(page);
    } finally {
      await write(note);
    }
    await page.close();
  });

  it('sees red where the owner of the database has rewritten history between two visits, and from which entry on', async () => {
    const bens = await Phone.of('ben', stack, browser!);
    const { id } = (await stack.get<Me>('ben', '/v1/me')).teams[0]!;
    const page = await bens.open('/me');
    await page.getByText(/\d+ entries, proven/).waitFor();
    await stack.sql(REWRITE.replace('TEAM', id));
    await page.reload();
    const alarm = page.getByRole('alert').filter({ hasText: 'the record was rewritten' });
    await alarm.waitFor();
    expect(await alarm.innerText()).toMatch(/The entries from 0 to \d+ are not those it covers/);
    await page.goto(`${stack.url}/teams/${id}`);
    await alarm.waitFor();
    await bens.context.close();
  });

  it('has bundles written at a desk: a mistake at its line, the price, the review, publication, and the way back', async () => {
    const context = await browser!.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    await setUpBefore(context);
    const page = await context.newPage();
    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const file = page.getByLabel('The bundle’s file');
    const publish = async (why: string): Promise<void> => {
      await press('I have reviewed these changes');
      await page.getByLabel('Why').fill(why);
      await press('Publish');
      await page.getByText('in force').waitFor();
    };
    const [save, group] = [() => press('Save and check'), (name: string) => page.getByRole('group', { name, exact: true })];
    /** A field that says what is wrong with it, on the screen and to who does not see it. */
    const wrong = (field: Locator, words: RegExp): Promise<unknown> =>
      until(`a field says ${words}`, async () => words.test(await field.and(page.locator('[aria-invalid=true]')).evaluate((input) => (input.getAttribute('aria-describedby') ?? '').split(' ').map((id: string) => input.ownerDocument.getElementById(id)?.textContent).join(' '))));
    // a platform without a bundle: the first one is written from the page, too
    await page.route('**/v1/bundles', (route) => (route.request().method() === 'GET' ? route.fulfill({ json: { items: [], nextCursor: null } }) : route.continue()));
    await page.goto(`${stack.url}/bundles`);
    await signIn(page, 'gov');
    await page.getByText('Nothing can be hired yet').waitFor();
    await page.getByLabel('Id').fill('first-of-all');
    await press('Write it');
    await wrong(page.getByLabel('Name', { exact: true }).first(), /must not be empty/);
    await page.unroute('**/v1/bundles');
    await page.goto(`${stack.url}/bundles`);
    await page.getByLabel('Id').fill('night-shift');
    await press('Write it');
    const [name, monthly] = [page.getByLabel('Name', { exact: true }).first(), page.getByLabel('Rupees a month')];
    await page.getByLabel('Name', { exact: true }).first().waitFor();
    const [named, priced] = [await name.inputValue(), await monthly.inputValue()];
    await name.fill('');
    await monthly.fill('');
    await press('Add a specialist');
    await group('New specialist').getByLabel('Name').fill('Nils');
    await group('New specialist').getByLabel('Agent').fill('doc-bot');
    await save();
    await wrong(name, /must not be empty/);
    await wrong(monthly, /integer/);
    await wrong(group('New specialist').getByLabel('Skill'), /words of small letters/);
    await name.fill(named);
    await monthly.fill(priced);
    await group('New specialist').getByLabel('Skill').fill('docs');
    await group('One goal may use').getByLabel('US dollars').fill('41');
    await save();
    await wrong(group('Specialist for docs').getByLabel('Skill').last(), /another member has the skill docs/);
    await wrong(group('One goal may use').getByLabel('US dollars'), /more than the whole team may use/);
    await press('Remove Nils');
    await group('One goal may use').getByLabel('US dollars').fill('2');
    await save();
    await page.getByText('₹24,500').first().waitFor();
    await press('File');
    const text = await file.inputValue();
    const mistake = text.lastIndexOf('skill: tests');
    await file.fill(`${text.slice(0, mistake)}skill: tets${text.slice(mistake + 'skill: tests'.length)}`);
    await press('Save and check');
    await page.getByText(`${text.slice(0, mistake).split('\n').length}:12 known-skill`).waitFor();
    expect([await page.getByText('no member has the skill tets').count(), await page.getByRole('button', { name: 'I have reviewed these changes' }).isDisabled()]).toEqual([1, true]);
    await file.fill(text);
    await press('Save and check');
    await page.getByText('₹24,500').first().waitFor();
    await publish('A team for the night');
    await press('Write the next version');
    await press('File');
    await file.fill((await file.inputValue()).replace('name: Code care', 'name: Night care'));
    await press('Save and check');
    await page.getByText('Name: Night care, before: Code care').waitFor(); // what is on the screen before is only typed
    await publish('Its own name');
    await page.getByRole('heading', { name: 'Night care', level: 1 }).waitFor();
    await press('Publish again');
    await page.getByLabel('Why').fill('The old name was known');
    await press('Publish 1 again');
    await page.getByText('again as 1').waitFor();
    await page.getByRole('heading', { name: 'Code care', level: 1 }).waitFor();
    const { items } = await stack.get<BundleVersionList>('gov', '/v1/bundles/night-shift/versions');
    expect(items.map(({ version, restores }) => [version, restores])).toEqual([[3, 1], [2, null], [1, null]]);
    await context.close();
  });

  it('says yes with a colleague where two people are needed: the first cannot say it again, and nothing happens before the second', async () => {
    await stack.sql(`update app.team set bundle = jsonb_set(bundle, '{approval,quorum}', '{"need": 2, "of": "people"}') where team_id = $1`, [team]);
    await stack.sql(`insert into app.person (customer_id, id, login, display_name, roles) select customer_id, gen_random_uuid(), 'amit', 'Amit', roles from app.person where login = 'asha'`);
    const { repository, goal, approval } = await ask();
    await stack.sql(`update app.team set bundle = bundle #- '{approval,quorum}' where team_id = $1`, [team]);
    const colleague = await Phone.of('amit', stack, browser!);
    const opened = async (on: Phone): Promise<Page> => {
      const page = await on.open(`/a/${approval.id}`);
      await until('the button opens', () => isOpen(page));
      return page;
    };
    const mine = await opened(phone);
    await approveButton(mine).click();
    await mine.getByText('You said yes · 1 of 2 · Asha').waitFor();
    const again = await phone.open(`/a/${approval.id}`);
    await again.getByText('You have said yes. Somebody else must as well.').waitFor();
    expect(await isOpen(again)).toBe(false);
    const theirs = await opened(colleague);
    await theirs.getByText(/1 of 2 · Asha/).first().waitFor();
    expect([(await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approval.id}`)).state, repository.pushes()]).toEqual(['pending', []]);
    await approveButton(theirs).click();
    await undoOver(stack, approval.id);
    await untilGoal(stack, goal, 'done');
    await mine.getByText('Pushed', { exact: true }).waitFor();
    expect([repository.pushes().length, await stack.sql('select count(distinct person_id)::int as people from app.approval_decision where approval_id = $1', [approval.id])]).toEqual([1, [{ people: 2 }]]);
    await Promise.all([again.close(), mine.close(), colleague.context.close()]);
  });

  it('sees the team stop, and talks to the helpdesk', async () => {
    const page = await phone.open(`/teams/${team}`);
    await page.getByRole('button', { name: 'What you can do with this team' }).click();
    await page.getByRole('menuitem', { name: /Suspend/ }).click();
    await page.getByLabel('Why?').fill('I want to look at it first');
    await page.getByRole('button', { name: 'Suspend the team' }).click();
    await page.getByRole('link', { name: 'Talk to the helpdesk' }).click();
    await page.getByRole('button', { name: 'What is kept?' }).click();
    await page.getByRole('listitem').filter({ hasText: 'Helpdesk: ' }).nth(1).waitFor(); // after what it says of itself, the answer
    await page.close();
  });

  it('has a record of all this that holds without the stack', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'countersign-chain-')), 'chain.ndjson');
    expect((await stack.cli('audit', 'export', '--team', team, '--out', file)).code).toBe(0);
    const report = await stack.json<{ ok: boolean; entries: number }>('audit', 'verify', file);
    expect(report).toMatchObject({ ok: true });
    expect(report.entries).toBeGreaterThan(20);
  });
});

/** Answers what the service worker asks of the server, however often the browser ends and starts it meanwhile. Returns how to leave that to the server again. */
async function answerForServer(context: BrowserContext, answer: (route: Route) => Promise<void> | void): Promise<() => Promise<void>> {
  const ofWorker = (route: Route): Promise<void> | void => (route.request().serviceWorker() === null ? route.fallback() : answer(route));
  await context.route('**/v1/**', ofWorker);
  return () => context.unroute('**/v1/**', ofWorker);
}

/** Delivers a push to the service worker of a page, and returns what the worker tells the page about it. */
async function noticeAfter(page: Page, payload: string): Promise<unknown> {
  const told = page.evaluate(`new Promise((resolve) => navigator.serviceWorker.addEventListener('message', ({ data }) => resolve(data), { once: true }))`);
  await deliverPush(page, payload);
  return told;
}
