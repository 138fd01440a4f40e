import { until, type LocalStack } from '@countersign/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { signIn } from '../browser/phone.js';
import { latency, size, type Figure } from './report.js';

const SLOWER = 4;
const VISITS = 12;
const AT_MOST_KB = 180;

interface Scripts {
  readonly files: number;
  readonly body: number;
  readonly wire: number;
}

/** When a person can press Approve: the page is there, and the browser has hashed what would be countersigned. Since the navigation began, as the page's own clock says. */
const READY = `new Promise((resolve) => {
  const look = () => [...document.querySelectorAll('button')].some((button) => button.textContent === 'Approve' && !button.disabled) ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})`;
const LOADED = `new Promise((resolve) => {
  const look = () => { const { loadEventEnd } = performance.getEntriesByType('navigation')[0]; loadEventEnd > 0 ? resolve(loadEventEnd) : setTimeout(look, 1); };
  look();
})`;

/** First visits to a request that waits, by a phone that has kept nothing and is four times slower than this machine; in turns with bare pages. And how much JavaScript was asked for until Approve could be pressed. */
export async function firstVisits(stack: LocalStack, approvalId: string): Promise<Figure[]> {
  const browser = await openBrowser();
  try {
    const known = await browser.newContext();
    const way = await known.newPage();
    await way.goto(`${stack.url}/me`);
    await signIn(way, 'asha');
    await way.getByRole('navigation', { name: 'Main' }).waitFor();
    const storageState = { cookies: (await known.storageState()).cookies, origins: [] };
    await known.close();
    const [ours, raw, scripts]: [number[], number[], Scripts[]] = [[], [], []];
    for (let visit = 0; visit < VISITS; visit++) {
      const seen = await visited(browser, storageState, `${stack.url}/a/${approvalId}`, READY);
      ours.push(seen.ms);
      scripts.push(seen.scripts);
      raw.push((await visited(browser, storageState, `${stack.url}/healthz`, LOADED)).ms);
    }
    const { files, wire } = scripts.reduce((most, one) => (one.body > most.body ? one : most));
    return [
      latency(`approval page, at ${SLOWER} × slow-down`, 'a bare page of the same server in the same browser', ours, raw, { p99Ms: 1_500 }),
      size('JavaScript until Approve', `gzipped bodies, at most in ${files} files (${(wire / 1024).toFixed(1)} KB with headers)`, scripts.map(({ body }) => body), AT_MOST_KB),
    ];
  } finally {
    await browser.close();
  }
}

async function visited(browser: Browser, storageState: NonNullable<Parameters<Browser['newContext']>[0]>['storageState'], url: string, ready: string): Promise<{ ms: number; scripts: Scripts }> {
  const context = await browser.newContext({ storageState, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    const asked = await slowed(context, page);
    await page.goto(url, { waitUntil: 'commit' });
    const ms = await page.evaluate<number>(ready);
    return { ms, scripts: await asked() };
  } finally {
    await context.close();
  }
}

/** A slower processor, and an account of the scripts asked for until it is wanted: those that are still on their way then count whole. */
async function slowed(context: BrowserContext, page: Page): Promise<() => Promise<Scripts>> {
  const session = await context.newCDPSession(page);
  const urls = new Map<string, string>();
  const ended = new Map<string, number>();
  session.on('Network.requestWillBeSent', ({ requestId, type, request }) => type === 'Script' && urls.set(requestId, request.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => void ended.set(requestId, encodedDataLength));
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  return async () => {
    const asked = [...urls];
    await until('the scripts are there', () => asked.every(([id]) => ended.has(id)));
    const body = await page.evaluate<number>(`performance.getEntriesByType('resource').filter(({ name }) => ${JSON.stringify(asked.map(([, url]) => url))}.includes(name)).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    return { files: asked.length, body, wire: asked.reduce((sum, [id]) => sum + ended.get(id)!, 0) };
  };
}
