import type { Database } from '@countersign/database';
import { eachAtOnce, type MailServer } from '@countersign/service';
import MailComposer from 'nodemailer/lib/mail-composer';
import { isAnnounced, keyNotice } from '../../domain/key-notice.js';
import { RejectedError } from '../answers.js';
import type { RunnerLog } from '../effect-runner.js';
import type { Enrolled } from '../../domain/pins.js';
import { deliver } from './smtp.js';

export interface HeraldMeans {
  readonly database: Database;
  /** Undefined: nobody is told from here. */
  readonly server: MailServer | undefined;
  readonly from: string | undefined;
  readonly log: RunnerLog;
  readonly limitMs?: number;
  /** How long whoever put a letter off is left alone. */
  readonly againMs?: number;
  readonly now?: () => number;
}
const LIMIT_MS = 10_000;
const AGAIN_MS = 45_000;
const AT_ONCE = 4;

/** What came of the letters about one key. In memory: whoever was told before a restart is told twice. */
interface Letters {
  readonly since: number;
  /** Nothing more is sent there. */
  readonly ended: Map<string, 'taken' | 'refused'>;
  notBefore: number;
}

interface Address {
  readonly person_id: string;
  readonly email: string;
}

/**
 * Tells people by mail that a key was added, before it begins to count: from the executor itself, because the gateway that enrols keys
 * and sends every other notice may be in hostile hands. Its owner is told at the address in their settings and at each that stood there
 * within a month, which the database keeps where no service can change it; of the first key of somebody new, everybody of the customer is.
 */
export class KeyHerald {
  private readonly letters = new Map<string, Letters>();
  private readonly atWork = new Map<string, Promise<boolean>>();

  constructor(private readonly means: HeraldMeans) {}

  /** True when it was said to every address that takes letters (`isAnnounced`), or there is none, or no mail server; false: to be tried again, with the addresses that are left. */
  tell(key: Enrolled, countsFrom: Date, newcomer: boolean): Promise<boolean> {
    const known = this.atWork.get(key.keyId);
    if (known) return known;
    const work = this.tellAll(key, countsFrom, newcomer).finally(() => this.atWork.delete(key.keyId));
    this.atWork.set(key.keyId, work);
    return work;
  }

  private async tellAll(key: Enrolled, countsFrom: Date, newcomer: boolean): Promise<boolean> {
    const { database, server, log, againMs = AGAIN_MS, now = Date.now } = this.means;
    if (server === undefined) return true;
    const letters = this.letters.get(key.keyId) ?? { since: now(), ended: new Map(), notBefore: 0 };
    if (letters.notBefore > now()) return false;
    this.letters.set(key.keyId, letters);
    const addresses = (await database.ops<Address>('addresses_of_customer', key.customerId)).filter(({ person_id }) => newcomer || person_id === key.personId);
    if (addresses.length === 0) log.info({ keyId: key.keyId }, 'a key was added for somebody who has no mail address: nobody is told of it from here');
    const open = addresses.filter((address) => !letters.ended.has(nameOf(address)));
    await eachAtOnce(open, AT_ONCE, async (address) => {
      const end = await this.send(server, key, address, countsFrom);
      if (end !== 'later') letters.ended.set(nameOf(address), end);
    });
    const ends = addresses.map((address) => letters.ended.get(nameOf(address)));
    const done = isAnnounced({ reached: ends.filter((end) => end === 'taken').length, deferred: ends.filter((end) => end === undefined).length, sinceMs: now() - letters.since });
    if (done) this.letters.delete(key.keyId);
    else letters.notBefore = now() + againMs;
    return done;
  }

  private async send(server: MailServer, key: Enrolled, { person_id: personId, email: to }: Address, countsFrom: Date): Promise<'taken' | 'refused' | 'later'> {
    const { log, from = `no-reply@${key.rpId}`, limitMs = LIMIT_MS } = this.means;
    const { subject, text } = keyNotice({ kind: key.kind, countsFrom, own: personId === key.personId });
    try {
      const sender = /<([^<>]+)>$/.exec(from)?.[1] ?? from;
      const message = await new MailComposer({ from, to: { name: '', address: to }, subject, text, messageId: `<key-${key.keyId}@countersign>`, headers: { 'Auto-Submitted': 'auto-generated' }, disableFileAccess: true, disableUrlAccess: true, newline: 'windows' }).compile().build();
      await deliver({ from: sender, to: [to], message }, server, limitMs, AbortSignal.timeout(limitMs));
      return 'taken';
    } catch (error) {
      const final = error instanceof RejectedError; // an address that takes no letters: waiting for it would let no key count ever
      log.error({ err: error, keyId: key.keyId, final }, 'the owner of a new key could not be told of it');
      return final ? 'refused' : 'later';
    }
  }
}

const nameOf = ({ person_id, email }: Address): string => `${person_id} ${email}`;
