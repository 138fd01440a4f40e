import type { Audit } from '@countersign/audit';
import type { Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import type { Logger } from './logger.js';

/** A sweep that is refused is refused each second. */
const AGAIN_MS = 3_600_000;
const MOST_CHARACTERS = 500;

interface Means {
  readonly service: Service;
  readonly database: Pick<Database, 'onRefused'>;
  readonly audit: Audit;
  readonly log: Pick<Logger, 'error'>;
  readonly now?: () => number;
}

/**
 * Has what the helpdesk's service tries without the right to entered in the chain where it was tried, in a transaction of its own: what
 * the database refuses leaves nothing there by itself (P8). Whoever holds its credential and not its process is refused as well, and enters nothing.
 */
export function enterRefused({ service, database, audit, log, now = Date.now }: Means): void {
  const entered = new Map<string, number>();
  if (service === 'helpdesk-agent') database.onRefused(async ({ what, within }) => {
    log.error({ what }, 'the database refused what this service has no right to');
    try {
      await within(async (tx) => {
        const once = `${tx.chainId} ${what}`;
        if (now() - (entered.get(once) ?? -Infinity) < AGAIN_MS) return;
        await audit(tx, 'HELPDESK-REFUSED', { helpdesk_agent_id: service, code: 'not_permitted', what: what.slice(0, MOST_CHARACTERS) }, { result: 'denied' });
        tx.afterCommit(() => entered.set(once, now()));
      });
    } catch (cause) {
      log.error({ err: cause, what }, 'and that could not be entered');
    }
  });
}
