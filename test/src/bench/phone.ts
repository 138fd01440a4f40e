import type { LocalStack } from '@countersign/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../browser/chromium.js';
import { signIn } from '../browser/phone.js';
import { latency, type Figure } from './report.js';

const SLOWER = 4;
const VISITS = 12;
const AT_MOST_KB = 180;

export interface FirstVisit {
  readonly page: Figure;
  /** How much JavaScript crossed the wire, in words. */
  readonly script: string;
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

/** First visits to a request that waits, by a phone that has kept nothing and is four times slower than this machine; in turns with bare pages. */
export async function firstVisits(stack: LocalStack, approvalId: string): Promise<FirstVisit> {
  const browser = await openBrowser();
  try {
    const known = await browser.newContext();
    const way = await known.newPage();
    await way.goto(`${stack.url}/me`);
    await signIn(way, 'asha');
    await way.getByRole('navigation', { name: 'Main' }).waitFor();
    const storageState = { cookies: (await known.storageState()).cookies, origins: [] };
    const [ours, raw, bytes]: [number[], number[], number[]] = [[], [], []];
    for (let visit = 0; visit < VISITS; visit++) {
      const seen = await visited(browser, storageState, `${stack.url}/a/${approvalId}`, READY);
      ours.push(seen.ms);
      bytes.push(seen.scriptBytes);
      raw.push((await visited(browser, storageState, `${stack.url}/healthz`, LOADED)).ms);
    }
    const kb = Math.max(...bytes) / 1024;
    return { page: latency(`approval page, at ${SLOWER} × slow-down`, 'a bare page of the same server in the same browser', ours, raw), script: `Phone entry: ${kb.toFixed(1)} KB of JavaScript as it crossed the wire, at most ${AT_MOST_KB}: ${(kb / AT_MOST_KB).toFixed(2)} of it.` };
  } finally {
    await browser.close();
  }
}

async function visited(browser: Browser, storageState: NonNullable<Parameters<Browser['newContext']>[0]>['storageState'], url: string, ready: string): Promise<{ ms: number; scriptBytes: number }> {
  const context = await browser.newContext({ storageState, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    const scriptBytes = await slowed(context, page);
    await page.goto(url, { waitUntil: 'commit' });
    const ms = await page.evaluate<number>(ready);
    return { ms, scriptBytes: scriptBytes() };
  } finally {
    await context.close();
  }
}

/** A slower processor, and a count of the bytes of scripts. */
async function slowed(context: BrowserContext, page: Page): Promise<() => number> {
  const session = await context.newCDPSession(page);
  const scripts = new Set<string>();
  let bytes = 0;
  session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.add(requestId));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => void (scripts.has(requestId) && (bytes += encodedDataLength)));
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  return () => bytes;
}
