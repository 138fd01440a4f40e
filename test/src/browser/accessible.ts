import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright-core';

/** Every rule that axe names for WCAG 2.0 to 2.2, levels A and AA, and its best practices. */
const ALL = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'] };
/** Those that a change of colours alone can break. */
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
export const SMALLEST = { width: 320, height: 568 };
export const [TEXT, LARGE_TEXT] = [16, 32];

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string; readonly target: readonly unknown[] }[];
}

/** That what is too small to touch where it stands, half under a bar that stays, is large enough once it is scrolled from there. */
const FREE = (selector: unknown): string => `(async () => {
  const [at, from] = [document.querySelector(${JSON.stringify(selector)}), scrollY];
  at.scrollIntoView({ block: 'center' });
  const { violations } = await axe.run(at, { runOnly: { type: 'rule', values: ['target-size'] }, resultTypes: ['violations'] });
  scrollTo(0, from);
  return violations.length === 0;
})()`;

/** What axe finds on the page as it stands, a line each; none is as it should be. */
async function violations(page: Page, runOnly: object): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(AXE);
  const found = await page.evaluate<readonly Violation[]>(`axe.run(document, ${JSON.stringify({ runOnly, resultTypes: ['violations'] })}).then(({ violations }) => violations)`);
  const faults: string[] = [];
  for (const { id, help, nodes } of found) {
    for (const { html, failureSummary, target } of nodes) {
      if (id === 'target-size' && (await page.evaluate<boolean>(FREE(target[0])))) continue;
      faults.push(`${id} (${help}): ${html.slice(0, 240)} ${failureSummary.replaceAll(/\s+/g, ' ').slice(0, 240)}`);
    }
  }
  return faults;
}

/** What is wider than the screen, so that one would have to scroll to the side for it. */
const WIDER = `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const over = [...document.body.querySelectorAll('*')].filter((node) => node.getBoundingClientRect().right > width + 1);
  return ['wider than the screen: ' + document.documentElement.scrollWidth + ' px of ' + width + ': ' + over.slice(-2).map((node) => node.outerHTML.slice(0, 160)).join(' | ')];
})()`;

/** A menu follows its button a moment after the screen has changed; the moment is this machine's. */
async function wider(page: Page): Promise<string[]> {
  const seen = (): Promise<string[]> => page.evaluate(WIDER);
  for (let tries = 0; tries < 100 && (await seen()).length > 0; tries++) await page.waitForTimeout(100);
  return seen();
}

/** The app has followed a change of what its layout depends on: what is typed before that may be typed into what goes away. */
export const LAID_OUT = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

/** The size of text that somebody has set in their browser: what is measured in it, and the widths at which a layout changes, follow. */
export async function setTextSize(page: Page, standard: number): Promise<void> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('Page.setFontSizes', { fontSizes: { standard, fixed: standard } });
  await session.detach();
  await page.evaluate(LAID_OUT);
}

/** Where a walk's pictures go, for whoever wants to look at every screen: a folder named by the environment. */
const SHOTS = process.env['COUNTERSIGN_SHOTS'];
const picture = async (page: Page, name: string): Promise<unknown> => (SHOTS === undefined ? undefined : page.screenshot({ path: `${SHOTS}/${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png` }));

/** Changes what the machine is set to, and waits until the app, which follows by itself, has followed. */
async function setColours(page: Page, colorScheme: 'light' | 'dark', { forcedColors = 'none', contrast = 'no-preference' }: { forcedColors?: 'active' | 'none'; contrast?: 'more' | 'no-preference' } = {}): Promise<void> {
  await page.emulateMedia({ colorScheme, forcedColors, contrast });
  await page.locator(`html:not([data-mantine-color-scheme]), html[data-mantine-color-scheme='${colorScheme}']`).waitFor({ state: 'attached' });
}

/** A screen, by how one comes to it. */
export interface Screen {
  readonly name: string;
  readonly reach: (page: Page) => Promise<unknown>;
  /** What is opened over it and closes with Escape: anew in each layout, as a phone's and a desk's are two. */
  readonly open?: ((page: Page) => Promise<unknown>) | undefined;
}

/**
 * Looks at one screen as people do: on a phone, light and dark, in forced colours, with text of twice the size and more contrast, on the smallest phone;
 * and at a desk, light and dark. Returns what they could not read, reach or tell, each with the look at which it was so.
 */
export async function faultsOf(page: Page, { name, reach, open }: Screen): Promise<string[]> {
  const faults: string[] = [];
  const note = (at: string, found: readonly string[]): void => void faults.push(...found.map((fault) => `${name}, ${at}: ${fault}`));
  const look = async (at: string, rules: object): Promise<void> => {
    note(at, await violations(page, rules));
    note(at, await wider(page));
    await picture(page, `${name} ${at}`);
  };
  // It stands a moment after what opens it was pressed, and has its name a moment after that.
  const opened = async (): Promise<void> => {
    await open?.(page);
    if (open) await page.locator('[role=dialog]:is([aria-labelledby], [aria-label]), [role=menu]').first().waitFor();
  };
  await page.setViewportSize(PHONE);
  await reach(page);
  await opened();
  await look('phone', ALL);
  await setColours(page, 'dark');
  await look('phone, dark', COLOURS);
  await setColours(page, 'light', { forcedColors: 'active' });
  await look('forced colours', COLOURS);
  // who has set one has often set the other; every second screen in the dark, as looking costs time
  await setColours(page, name.length % 2 === 0 ? 'light' : 'dark', { contrast: 'more' });
  if (open) await close(page); // nobody sets the size of their text while a menu is open
  await setTextSize(page, LARGE_TEXT);
  await opened();
  await look('large text, more contrast', COLOURS);
  await setColours(page, 'light');
  await setTextSize(page, TEXT);
  await page.setViewportSize(SMALLEST);
  await look('smallest phone', ALL);
  if (open) await close(page);
  await page.setViewportSize(DESK);
  await page.evaluate(LAID_OUT);
  await opened();
  await look('desk', ALL);
  await setColours(page, 'dark');
  await look('desk, dark', COLOURS);
  await setColours(page, 'light');
  if (open) await close(page);
  return faults;
}

async function close(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.locator('[role=dialog], [role=menu]').waitFor({ state: 'detached' });
}

/** What has the focus: its name, whether it can be seen that it has it, and whether something lies over it. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return undefined;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const [x, y] = [Math.min(Math.max(box.left + Math.min(box.width, 40) / 2, 0), innerWidth - 1), box.top + box.height / 2];
  const over = document.elementFromPoint(x, y);
  const name = (at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText ?? '').trim();
  return { name, html: at.outerHTML.slice(0, 160) + ' at ' + [x, y, innerWidth, innerHeight].map(Math.round) + ' under ' + (over?.outerHTML.slice(0, 160) ?? 'nothing'), marked: at.matches('main') || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2), inSight: y >= 0 && y < innerHeight && over !== null && (at === over || at.contains(over) || over.contains(at)) };
})()`;
interface Focused {
  readonly name: string;
  readonly html: string;
  readonly marked: boolean;
  readonly inSight: boolean;
}
const MOST_STOPS = 80;
/** Two frames each. */
const LOOKS = 5;

/** Presses Tab until what is called so has the focus; every stop on the way must be seen: marked, inside the screen, and under nothing else. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press('Tab');
    let at = await page.evaluate<Focused | undefined>(FOCUSED);
    if (at === undefined) continue;
    for (let looks = 0; looks < LOOKS && !at.inSight; looks++) {
      await page.evaluate(LAID_OUT); // the page is drawn where it is scrolled to with the next frame only, and something may just have come in above
      at = (await page.evaluate<Focused | undefined>(FOCUSED)) ?? at;
    }
    if (!at.marked || !at.inSight) throw new Error(`the focus cannot be seen (${at.marked ? 'covered or outside' : 'not marked'}): ${at.html}`);
    if (at.name.includes(name)) return;
  }
  throw new Error(`${name} is not reached with the keyboard`);
}
