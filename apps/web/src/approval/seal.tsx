import { proofWords } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconFingerprint, IconRosetteDiscountCheck } from '@tabler/icons-react';
import { Panel } from '../parts/panel.js';
import type { Proven } from './use-proof.js';
import styles from './seal.module.css';

/** What this device found by hashing, and the digest as words that a second screen can confirm. */
export function Seal({ proven: { proof, words, again } }: { proven: Proven }) {
  const { state } = proof;
  const Icon = state === 'matches' ? IconRosetteDiscountCheck : state === 'checking' ? IconFingerprint : IconAlertTriangle;
  return (
    <Panel className={`${styles.seal} ${styles[state]}`} label="Proof">
      <p className={styles.line} aria-live="polite">
        <Icon size={22} stroke={1.8} aria-hidden="true" />
        <span>{proofWords(proof)}</span>
      </p>
      {state === 'checking' && proof.of > 0 && <progress className={styles.progress} value={proof.checked} max={proof.of} aria-label="Files hashed" />}
      {state === 'unreadable' && (
        <Button variant="default" onClick={again}>
          Try again
        </Button>
      )}
      {words !== undefined && state !== 'differs' && (
        <p className={styles.words}>
          <span>Digest in words</span>
          <strong>{words}</strong>
          <span className={styles.same}>The digest is the fingerprint (SHA-256) of exactly what you approve; in words it can be compared at a glance. The terminal and every other screen show the same three.</span>
        </p>
      )}
    </Panel>
  );
}
