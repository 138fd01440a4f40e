import { passkeyWords } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { LetSign } from '../me/passkey.js';
import { usePasskeyHere } from '../me/use-passkey-here.js';
import { useNow } from '../parts/time.js';
import styles from './welcome.module.css';

/** Made in time: one that is made when it is needed counts when what it was needed for is over. */
export function PasskeyStep({ next }: { readonly next: () => void }) {
  const passkey = usePasskeyHere();
  const now = useNow();
  const made = passkey === 'unconfirmed' || typeof passkey === 'object';
  return (
    <>
      <div className={styles.card}>
        <IconFingerprint size={40} stroke={1.5} aria-hidden="true" />
        <p>With a passkey this device asks whether it is you, by your finger, your face or its PIN.</p>
      </div>
      {passkey !== undefined && <p role="status">{passkeyWords(passkey, now)}</p>}
      <div className={styles.actions}>
        <LetSign size="lg" />
        <Button size="lg" variant={made ? 'filled' : 'default'} onClick={next}>
          {made ? 'Next' : 'Not now'}
        </Button>
      </div>
    </>
  );
}
