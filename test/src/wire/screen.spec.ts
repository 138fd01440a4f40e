import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { WireHouse } from './house.js';
import type { OriginalClient } from './original-client.js';

const SHOWN_MS = 60_000;
const help = { role: 'worker', templateID: 'doc-bot', justification: 'Read the parser' };

/** The next request to an address arrives and is done; its answer does not come back. */
async function answerLost(page: Page, address: string): Promise<void> {
  await page.route(address, async (route) => {
    await route.fetch();
    await route.fulfill({ status: 503, json: { code: 'unavailable', title: 'Service Unavailable' } });
  }, { times: 1 });
}

describe('the screen of who works', { concurrency: 1 }, () => {
  let house: WireHouse;
  let browser: Browser;
  let asha: OriginalClient;
  let parent: string;
  before(async () => {
    [house, browser] = await Promise.all([WireHouse.open(), openBrowser()]);
    await house.hire();
    asha = await house.as('asha');
    parent = String((await asha.spawn(help)).body['instanceID']);
    await asha.spawn({ ...help, justification: 'A second\u202e reader', parentInstanceID: parent });
  });
  after(async () => {
    await browser.close();
    await house[Symbol.asyncDispose]();
  });

  const pageOf = async (persona: string, width: number): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height: 844 }, reducedMotion: 'reduce', locale: 'en-GB' });
    context.setDefaultTimeout(SHOWN_MS);
    const page = await context.newPage();
    await page.goto(`${house.url}/agents`);
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await page.getByRole('button', { name: new RegExp(persona, 'i') }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.goto(`${house.url}/agents`);
    await page.getByRole('heading', { name: 'Who started whom' }).waitFor();
    return page;
  };

  it('shows on a phone who runs, what waits for a person, and what is hidden in its words; no line is wider than the phone', async () => {
    const page = await pageOf('asha', 390);
    await page.getByText('Read the parser').first().waitFor();
    await page.getByText('U+202E').waitFor();
    await asha.spawn({ ...help, templateID: 'nobody' });
    await page.getByText('spawn_unknown_template').waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
    await page.getByRole('button', { name: 'Approve: Start a worker' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Whoever asked for it cannot approve it').waitFor();
    await page.context().close();
  });

  it('lets a governor of the platform answer, and shows at once, below its starter, whom the answer started', async () => {
    const [gov, hers] = await Promise.all([pageOf('gov', 1440), pageOf('asha', 1440)]);
    await gov.getByRole('button', { name: 'Approve: Start a worker' }).click();
    await gov.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await gov.getByText('the gate’s question waits here').waitFor();
    await hers.getByText(', started by the agent above').waitFor({ state: 'attached' });
    await gov.context().close();
    const second = await hers.context().newPage();
    await second.goto(`${house.url}/agents`);
    await second.getByTitle('Live', { exact: true }).waitFor(); // told by the tab that holds the stream
    await second.close();
    await hers.getByRole('button', { name: 'Start an agent' }).click();
    await hers.getByLabel('Which kind').selectOption('doc-bot');
    await hers.getByLabel('Why?').fill('By hand');
    await answerLost(hers, '**/agent-team/spawn?*');
    const startIt = hers.getByRole('dialog').getByRole('button', { name: 'Start' });
    await startIt.click();
    await hers.getByText('It is not known whether this was recorded').waitFor();
    await startIt.click();
    await startIt.waitFor({ state: 'detached' });
    expect((await asha.instances()).filter(({ metadata }) => (metadata as { justification: string }).justification === 'By hand')).toHaveLength(1);
    await hers.getByRole('button', { name: 'Stop: doc-bot, By hand' }).click();
    await hers.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await hers.getByText('By hand').waitFor({ state: 'detached' });
    await hers.getByRole('button', { name: 'Stop: doc-bot, Read the parser' }).click();
    await hers.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await hers.getByText('Read the parser').waitFor({ state: 'detached' });
    expect((await asha.instances({ status: 'queued' }))).toEqual([]);
    await hers.getByRole('link', { name: 'All' }).click();
    await hers.getByText('cancelled by person').first().waitFor();
    await hers.context().close();
  });
});
