import type { ApprovalDetail } from '@countersign/contracts';
import { AppError } from '@countersign/contracts/errors';
import { emitKeypressEvents, type Key } from 'node:readline';
import qrcode from 'qrcode';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { filesOf, proven } from '../api/proven.js';
import { ApiError } from '../api/api-error.js';
import { ApproverKey } from '../api/approver-key.js';
import type { Home } from '../stack/home.js';
import type { ApiClient, Versioned } from '../api/client.js';
import { rideOut } from '../api/ride-out.js';
import { printApproval } from '../ui/approval.js';

const POLL_MS = 500;
/** What was typed before the question could be read is not an answer to it. */
const DEAF_MS = 500;

/** True when a person can be asked: both ends are a terminal, and nothing says that this is a machine. */
export const canAsk = (env: NodeJS.ProcessEnv = process.env): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true && !env.CI;

/** The demo customer's device approves, after it has hashed the manifest's bytes itself. */
export async function approveOnDevice(client: ApiClient, home: Home, { value, etag }: Versioned<ApprovalDetail>): Promise<void> {
  const { digest } = await proven(client, value);
  const key = await ApproverKey.on(client, home.shown, { name: 'Demo phone', address: 'countersign-demo' });
  const assertion = await key.sign(value.id, digest);
  await client.decide(value.id, { decision: 'approve', digest, ...(assertion ? { assertion } : {}) }, etag);
}

/** Waits for the person: in the browser, on the phone, or with a key here. Resolves with the approval's state once it is decided. */
export async function askPerson(client: ApiClient, home: Home, approval: Versioned<ApprovalDetail>): Promise<string> {
  const link = `${client.url}/a/${approval.value.id}`;
  say(`\n  ${paint(1, 'It is your decision.')}  ${paint(36, link)}\n`);
  say((await qrcode.toString(link, { type: 'terminal', small: true, errorCorrectionLevel: 'L' })).replaceAll(/^/gm, '  '));
  say(`  ${paint(1, 'a')} approve here · ${paint(1, 's')} show what would be pushed · ${paint(1, 'd')} deny · or decide in the browser\n`);
  const keys = new Keys();
  try {
    for (;;) {
      const now = await rideOut(() => client.approval(approval.value.id), (error) => say(`  … ${error.message}; looking again`));
      if (now.value.state !== 'pending' && now.value.state !== 'held') return now.value.state;
      const key = await keys.next(POLL_MS);
      if (now.value.state === 'held') continue; // whoever decided may still take it back
      await lookAgainIfMoved(async () => {
        if (key === 's') printApproval(now.value, await filesOf(client, now.value));
        if (key === 'a') await approveOnDevice(client, home, now);
        if (key === 'd') await denyOnDevice(client, now);
      });
    }
  } finally {
    keys.close();
  }
}

/** Somebody was faster, or a reminder went out meanwhile: what stands there now is read before anybody is asked again. So is what did not get through. */
export async function lookAgainIfMoved(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const moved = error instanceof ApiError && (error.problem.status === 409 || error.problem.status === 412);
    if (!moved && !(error instanceof AppError && error.retryable)) throw error;
    say(`  … ${error.message}; looking again`);
  }
}

async function denyOnDevice(client: ApiClient, { value, etag }: Versioned<ApprovalDetail>): Promise<void> {
  await client.registerDevice('Demo phone', 'countersign-demo');
  await client.decide(value.id, { decision: 'deny', digest: value.digest, reason: 'Denied in the demo' }, etag);
}

/** Single keys from the terminal; Ctrl-C stays a signal. */
class Keys {
  private readonly pressed: string[] = [];
  private readonly listensFrom = Date.now() + DEAF_MS;
  private wake: (() => void) | undefined;
  private readonly take = (text: string | undefined, key: Key): void => {
    if (key.ctrl && key.name === 'c') process.kill(process.pid, 'SIGINT');
    else if (Date.now() > this.listensFrom) this.pressed.push(text ?? '');
    this.wake?.();
  };

  constructor() {
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true).resume().on('keypress', this.take);
  }

  /** The next key, or undefined after a while without one. */
  async next(limitMs: number): Promise<string | undefined> {
    if (this.pressed.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    return this.pressed.shift();
  }

  close(): void {
    process.stdin.off('keypress', this.take).setRawMode(false).pause();
  }
}
