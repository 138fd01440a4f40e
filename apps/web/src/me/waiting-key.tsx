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

/** A device that was added a moment ago does not approve yet. Who sees it here and added it says so from one that does; who did not, removes it. */
export function WaitingKey({ waiting, name }: { waiting: ApproverKeyView; name: string }) {
  const me = useMe();
  const client = useQueryClient();
  const vouch = useMutation({ mutationFn: () => vouchFor(waiting, me), onSettled: () => client.invalidateQueries({ queryKey: keys.signing }) });
  return (
    <span className="small">
      New: what it approves counts from {clockWords(waiting.effectiveFrom!, useNow())} on.{' '}
      {waiting.deviceId !== me.deviceId && me.deviceId !== null && (
        <Button size="compact-sm" variant="light" loading={vouch.isPending} onClick={() => vouch.mutate()} aria-label={`${name} is mine: let it count now`}>
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
