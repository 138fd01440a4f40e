import type { ApprovalDetail } from '@countersign/contracts';
import { LocalStack, until } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openFullBrowser } from '../browser/chromium.js';
import { canBeNotified, pushService } from '../browser/notifying.js';
import { deliverPush, phoneContext, setUpBefore, signIn } from '../browser/phone.js';
import { submitGoal, waitingApproval } from '../stack/goals.js';
import { sampleRepository } from '../stack/sample-repository.js';
import { changeWishes } from '../stack/wishes.js';

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
}

/**
 * What stands on a screen after a push, in a browser that has one. The browser maker's push service is not reached from a test: the double takes what the
 * gateway sends, decrypts it as a browser would, and the browser's own tools hand it to the service worker. From there on nothing is a double.
 */
describe('a notification on a screen', { concurrency: 1 }, () => {
  let stack: LocalStack;
  let browser: Browser | undefined;
  let push: Awaited<ReturnType<typeof pushService>>;
  let page: Page;
  let team: string;

  before(async () => {
    browser = await openFullBrowser(); // first: without one nothing has to be started
    push = await pushService();
    stack = await LocalStack.start({ env: push.env });
    team = await stack.activeTeam('asha', 'production');
    const context = await phoneContext(browser);
    await setUpBefore(context);
    await context.grantPermissions(['notifications'], { origin: stack.url });
    await canBeNotified(context, push.double);
    page = await context.newPage();
    await page.goto(`${stack.url}/me`);
    await signIn(page, 'asha');
    await page.getByRole('button', { name: 'Notify me in this browser' }).click();
    await page.getByText('can notify you from now on').waitFor();
  });
  after(async () => {
    await Promise.all([browser?.close(), stack?.close(), push?.double[Symbol.asyncDispose]()]);
  });

  const shown = (): Promise<Shown[]> => page.evaluate(`navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`);
  /** A request, and the notification that it came with. */
  const asked = async (): Promise<{ approval: ApprovalDetail; notification: Shown }> => {
    await stack.sql(`update app.ring set at = at - interval '1 day'`); // nobody is rung four times in ten minutes
    const goal = await submitGoal(stack, team, sampleRepository());
    const approval = await waitingApproval(stack, goal);
    const { body } = await until('the push', () => push.double.taken.find((taken) => taken.body.includes(approval.id)));
    await deliverPush(page, body);
    return { approval, notification: await until('the notification', async () => (await shown()).find(({ tag }) => tag === `apr_${approval.id}`)) };
  };
  const lines = (title: string) => ({ title, body: expect.stringMatching(/^Answer by \w{3}, \d\d \w{3}, \d\d:\d\d \S+\. Without an answer it expires and nothing happens\.$/) });

  it('names the team and the deadline, and nothing of what it is about', async () => {
    const { approval, notification } = await asked();
    expect(notification).toMatchObject(lines(`${approval.teamName} needs your approval`));
    expect(JSON.stringify(notification)).not.toContain(approval.title);
  });

  it('says more to whom has asked for it, and leads to the request when it is pressed, which decides nothing', async () => {
    await changeWishes(stack, 'asha', { discreet: false, timeZone: 'Asia/Kolkata' });
    const { approval, notification } = await asked();
    expect(notification).toMatchObject(lines(`${approval.teamName} · ${approval.title}`.replace(/^(.{39}).{2,}$/, '$1…')));
    expect(notification.body).toContain('GMT+5:30');
    // A finger's press cannot be made from here: the worker is told of one. Its promise is not taken from whom the browser does not trust, what it does is.
    const [worker] = page.context().serviceWorkers();
    await worker!.evaluate(`self.registration.getNotifications({ tag: 'apr_${approval.id}' }).then(([notification]) => void self.dispatchEvent(new NotificationEvent('notificationclick', { notification })))`);
    await page.waitForURL(`**/a/${approval.id}`);
    await page.getByRole('heading', { name: 'If you approve, this will happen' }).waitFor();
    expect((await shown()).map(({ tag }) => tag)).not.toContain(`apr_${approval.id}`);
    expect(await stack.get<ApprovalDetail>('asha', `/v1/approvals/${approval.id}`)).toMatchObject({ state: 'pending', decision: null });
  });
});
