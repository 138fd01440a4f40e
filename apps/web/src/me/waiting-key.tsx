import type { ApproverKeyView } from '@countersign/contracts';
import { clockWords } from '@countersign/view';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries.js';
import { vouchFor } from '../api/sign.js';
import { sentence } from '../parts/states.js';
import { useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import styles from './devices.module.css';

/**
 * A key that was added a moment ago does not approve yet. Who sees it here and added it says so with one that does; who did not,
 * removes its device. For what cannot be undone it waits longer, and nobody's word shortens that. `passkeys`: the names of those that count, as a passkey takes no other key's word.
 */
export function WaitingKey({ waiting, name, passkeys }: { waiting: ApproverKeyView; name: string; passkeys: readonly string[] }) {
  const me = useMe();
  const client = useQueryClient();
  const vouch = useMutation({ mutationFn: () => vouchFor(waiting, passkeys, me), onSettled: () => client.invalidateQueries({ queryKey: keys.signing }) });
  const now = useNow();
  const waits = Date.parse(waiting.effectiveFrom!) > now.getTime();
  // a passkey that may be synchronised approves nothing that cannot be undone, ever
  const later = waiting.backupEligible ? [] : [`what cannot be undone ${waits ? '' : 'counts '}from ${clockWords(waiting.highestFrom!, now)} on`];
  const canVouch = waits && (waiting.kind === 'passkey' ? passkeys.length > 0 : waiting.deviceId !== me.deviceId && me.deviceId !== null);
  return (
    <span className={styles.waiting}>
      <span>
        New{waiting.kind === 'passkey' ? ' passkey' : ''}: {[...(waits ? [`what it approves counts from ${clockWords(waiting.effectiveFrom!, now)} on`] : []), ...later].join(', ')}.
      </span>
      {canVouch && (
        <Button size="compact-sm" variant="light" loading={vouch.isPending} onClick={() => vouch.mutate()} aria-label={`It is mine: let it count now (${name})`}>
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
