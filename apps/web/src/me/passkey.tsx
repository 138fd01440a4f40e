import { clockWords, keysInEffect, passkeyNames, passkeyWords } from '@countersign/view';
import { Button, type ButtonProps } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { serverNow } from '../api/clock.js';
import { introduceBrowser } from '../api/decide.js';
import { ApiProblem, Unreachable } from '../api/http.js';
import { keys, signingKeysQuery } from '../api/queries.js';
import { enrolHere, makePasskey } from '../api/new-keys.js';
import { problemWords } from '../approval/failure-words.js';
import { useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import { usePasskeyHere } from './use-passkey-here.js';
import styles from './devices.module.css';

/** Beside the devices: what this one signs with where others will see what is done. */
export function Passkey() {
  const passkey = usePasskeyHere();
  const now = useNow();
  if (passkey === undefined) return null;
  return (
    <div className={styles.passkey}>
      <p className="soft" role="status">
        {passkeyWords(passkey, now)}
      </p>
      <LetSign />
    </div>
  );
}

/** What lets this device sign where a passkey is asked for; nothing where it does, or only time is missing. The device gets a key of its own in the same go. */
export function LetSign({ size }: Pick<ButtonProps, 'size'>) {
  const me = useMe();
  const client = useQueryClient();
  const passkey = usePasskeyHere();
  const known = useQuery(signingKeysQuery).data ?? [];
  const makes = passkey === 'none' || passkey === 'elsewhere';
  const work = useMutation({
    mutationFn: async () => {
      const deviceId = me.deviceId ?? (await introduceBrowser()).id;
      return enrolHere(me, deviceId, passkeyNames(keysInEffect(makes ? [await makePasskey()] : known, new Date(serverNow()))));
    },
    onSettled: () => Promise.all([keys.devices, keys.me, keys.signing].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const now = useNow();
  const isNew = passkey === 'device_new';
  if (!makes && !isNew && work.error === null) return null;
  if (!('PublicKeyCredential' in window)) return <p className="soft small">This browser makes no passkeys: open Countersign in another one for that.</p>;
  return (
    <>
      {(makes || isNew) && (
        <Button variant="light" size={size} loading={work.isPending} onClick={() => work.mutate()}>
          {makes ? 'Make a passkey' : 'Let this device sign'}
        </Button>
      )}
      {isNew && work.data && (
        <p className="soft small" role="status">
          {work.data.effectiveFrom === null ? 'Recorded. The service that carries out approvals has not confirmed this device yet: try again in a moment.' : `Recorded. This device counts from ${clockWords(work.data.effectiveFrom, now)} on.`}
        </p>
      )}
      {work.error && (
        <p className={styles.error} role="alert">
          {whatWentWrong(work.error)}
        </p>
      )}
    </>
  );
}

function whatWentWrong(error: Error): string {
  if (error instanceof Unreachable) return 'No answer came, so it is not known whether this was recorded. Look again when there is a connection.';
  if (error instanceof ApiProblem && error.code === 'challenge_unknown') return 'Not recorded: it took longer than five minutes. Try again.';
  return `Not done. ${problemWords(error)}`;
}
