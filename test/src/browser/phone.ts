import { until, type LocalStack } from '@countersign/testing';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

const PHONE = { width: 390, height: 844 };
const SHOWN_MS = 60_000;
/** Enough of a screen to see what is wrong with it. */
const MOST_SAID = 1_500;

/** What the push double was sent for this phone. */
export interface ReceivedPush {
  readonly token: string;
  readonly message: { readonly data: Readonly<Record<string, string>>; readonly notification: Readonly<Record<string, string>> };
}

/** A person with a phone: a browser of a phone's size that is signed in, with the simulated phone's screen in one tab. */
export class Phone {
  private constructor(
    private readonly stack: LocalStack,
    readonly context: BrowserContext,
    /** The lock screen: `/dev/phone`. */
    readonly lockScreen: Page,
    private readonly token: string,
  ) {}

  static async of(persona: string, stack: LocalStack, browser: Browser): Promise<Phone> {
    const context = await phoneContext(browser);
    await setUpBefore(context);
    const page = await context.newPage();
    await page.goto(`${stack.url}/dev/phone`);
    await signIn(page, persona);
    await page.getByText('Waiting for a push').waitFor();
    const token = await page.evaluate<string>(`localStorage.getItem('countersign.dev-phone')`);
    return new Phone(stack, context, page, token);
  }

  /** Taps the notification of a request and returns the page that it opens. */
  async tap(approvalId: string): Promise<Page> {
    await this.lockScreen.goto(`${this.stack.url}/dev/phone`);
    await this.lockScreen.locator(`a[href="/a/${approvalId}"]`).click();
    await this.lockScreen.getByRole('heading', { name: 'If you approve, this will happen' }).waitFor();
    return this.lockScreen;
  }

  /** Somebody signs in on this phone; whoever was signed in is so no more, though tabs of theirs may stand open. */
  async hand(persona: string): Promise<Page> {
    await this.context.clearCookies();
    const page = await this.open('/');
    await signIn(page, persona);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    return page;
  }

  /** The pushes for this phone, oldest first. */
  async pushes(): Promise<readonly ReceivedPush[]> {
    const { items } = await this.stack.get<{ items: ReceivedPush[] }>('asha', '/dev/push');
    return items.filter(({ token }) => token === this.token);
  }

  open(path: string): Promise<Page> {
    return this.context.newPage().then(async (page) => {
      await page.goto(`${this.stack.url}${path}`);
      return page;
    });
  }
}

/** A browser of a phone's size, that nobody has used. Motion off: without a graphics card, each step of an animation is the processor's work. */
export async function phoneContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: PHONE, hasTouch: true, isMobile: true, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin' });
  context.setDefaultTimeout(SHOWN_MS);
  return context;
}

/** What is shown at a first visit was seen. */
export const setUpBefore = (context: BrowserContext): Promise<unknown> => context.addInitScript(`localStorage.setItem('countersign.welcomed', 'before')`);

/** From the page that offers to sign in to the one that was wanted; who has no button of their own takes the first one's. */
export async function signIn(page: Page, login: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).first().click();
  const buttons = page.locator('button[name="persona"]');
  await buttons.first().waitFor();
  const own = buttons.and(page.locator(`[value="${login}"]`));
  if ((await own.count()) === 0) await page.evaluate(`document.querySelector('button[name="persona"]').value = '${login}'`);
  await own.click();
}

export const approveButton = (page: Page) => page.getByRole('button', { name: 'Approve', exact: true });

/** The button is there for everybody; it opens when this browser has hashed what would be countersigned. */
export const isOpen = (page: Page): Promise<boolean> =>
  approveButton(page).isEnabled().catch(async (error: unknown) => {
    throw new Error(`there is no such button on the screen, which says: ${(await page.locator('body').innerText()).slice(0, MOST_SAID)}`, { cause: error });
  });

/** Scrolls a request to its end, until it can be approved: what others will see has to have been on the screen. */
export const readThrough = (page: Page): Promise<unknown> =>
  until('everything was on the screen', async () => {
    // what is drawn meanwhile may lie above already: from the end on it begins anew
    await page.evaluate('innerHeight + scrollY >= document.documentElement.scrollHeight - 1 ? scrollTo(0, 0) : scrollBy(0, 250)');
    return isOpen(page);
  });

/** What was decided on a screen can be undone for a while: here for as long as this machine takes to do so. */
export const undoStays = async (stack: LocalStack, approvalId: string): Promise<void> =>
  void (await until('the decision is held', async () => (await stack.sql(`update app.approval set effective_at = effective_at + interval '1 hour' where id = $1 and state = 'held' returning id`, [approvalId])).length === 1));

/** What was decided on a screen can be undone for a while, which is over now. */
export const undoOver = async (stack: LocalStack, approvalId: string): Promise<void> =>
  void (await until('the decision is held', async () => (await stack.sql(`update app.approval set effective_at = now() where id = $1 and state = 'held' returning id`, [approvalId])).length === 1));

/** Hands a push payload to the page's service worker, as the push service of the browser's maker would. */
export async function deliverPush(page: Page, payload: string): Promise<void> {
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
  const session: CDPSession = await page.context().newCDPSession(page);
  const registered = new Promise<string>((resolve) =>
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations.filter(({ isDeleted }) => !isDeleted);
      if (first) resolve(first.registrationId);
    }),
  );
  await session.send('ServiceWorker.enable');
  const { origin } = new URL(page.url());
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data: payload });
}

/** What an authenticator holds, as its maker takes it to another of the same person's. */
export interface Held {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly privateKey: string;
  readonly signCount: number;
  readonly rpId?: string;
  readonly userHandle?: string;
  readonly backupEligibility?: boolean;
  readonly backupState?: boolean;
}
export interface PasskeyOf {
  verifies(found: boolean): Promise<void>;
  /** Whether its person touches it; where nobody does, it waits until the browser gives up. */
  touched(by: boolean): Promise<void>;
  /** Whether it says that it verified its person: one that lies there finds them, signs, and does not say so. */
  says(verified: boolean): Promise<void>;
  held(): Promise<readonly Held[]>;
}

/** The authenticator of a page, which finds its person or does not, at once. `synced`: what it holds goes to others, too, and it has this from one. */
export async function aPasskey(page: Page, synced?: readonly Held[]): Promise<PasskeyOf> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const backed = { defaultBackupEligibility: synced !== undefined, defaultBackupState: synced !== undefined };
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...backed } as const;
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options });
  for (const credential of synced ?? []) await session.send('WebAuthn.addCredential', { authenticatorId, credential });
  return {
    verifies: async (isUserVerified) => void (await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })),
    touched: async (enabled) => void (await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })),
    says: async (verified) => void (await session.send('WebAuthn.setResponseOverrideBits', { authenticatorId, isBadUV: !verified })),
    held: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}

/** As what a page asks of a passkey is not answered for so long, the browser gives up, which it tells as it tells of a dialog that was closed: not at all. It would wait for minutes. */
export const givesUpAfter = (page: Page, ms: number): Promise<unknown> => page.addInitScript(`{ const ask = navigator.credentials.get.bind(navigator.credentials); navigator.credentials.get = (wish) => ask({ ...wish, publicKey: { ...wish.publicKey, timeout: ${ms} } }); }`);
