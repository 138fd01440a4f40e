import type { ApproverKeyView } from '@countersign/contracts';
import { clockWords, inSight, passkeyNames } from '@countersign/view';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries.js';
import { vouchFor } from '../api/new-keys.js';
import { sentence } from '../parts/states.js';
import { useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import styles from './devices.module.css';

/**
 * A key that was added a moment ago does not approve yet. Who sees it here and added it says so with one that does; who did not,
 * removes its device. At the highest tier it waits longer, and nobody's word shortens that. A passkey takes another passkey's word alone;
 * for the rest this browser's own key says it without a question, where it counts. `inEffect`: the person's keys that do.
 */
export function WaitingKey({ waiting, name, inEffect }: { waiting: ApproverKeyView; name: string; inEffect: readonly ApproverKeyView[] }) {
  const me = useMe();
  const client = useQueryClient();
  const passkeys = passkeyNames(inEffect);
  const silently = waiting.kind !== 'passkey' && inEffect.some(({ kind, deviceId }) => kind === 'device' && deviceId === me.deviceId);
  const vouch = useMutation({ mutationFn: () => vouchFor(waiting, silently ? [] : passkeys, me), onSettled: () => client.invalidateQueries({ queryKey: keys.signing }) });
  const now = useNow();
  const waits = Date.parse(waiting.effectiveFrom!) > now.getTime();
  // a passkey that may be synchronised approves nothing of that tier, ever
  const later = waiting.backupEligible ? [] : [`what is of the highest tier ${waits ? '' : 'counts '}from ${clockWords(waiting.highestFrom!, now)} on`];
  const canVouch = waits && (silently || passkeys.length > 0);
  return (
    <span className={styles.waiting}>
      <span>
        New{waiting.kind === 'passkey' ? ' passkey' : ''}: {[...(waits ? [`what it approves counts from ${clockWords(waiting.effectiveFrom!, now)} on`] : []), ...later].join(', ')}.
      </span>
      {canVouch && (
        <Button size="compact-sm" variant="light" loading={vouch.isPending} onClick={() => vouch.mutate()} aria-label={`It is mine: let it count now (${inSight(name)})`}>
          It is mine: let it count now
        </Button>
      )}
      {vouch.error && (
        <span className={styles.error} role="alert">
          Not done. {sentence(vouch.error)}
        </span>
      )}
    </span>
  );
}
