import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Revealed } from './revealed.js';
import styles from './copy.module.css';

const SHOWN_MS = 2_000;

function useCopy(text: string): { state: 'idle' | 'copied' | 'failed'; copy: () => void } {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = (): void => {
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard here'));
    done.then(
      () => setState('copied'),
      () => setState('failed'), // said on the button: the browser keeps the clipboard to itself
    );
  };
  return { state, copy };
}

const WORDS = { copied: 'Copied', failed: 'The browser did not allow it' } as const;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { state, copy } = useCopy(text);
  return (
    <Button variant="default" onClick={copy} leftSection={state === 'copied' ? <IconCheck size={18} /> : <IconCopy size={18} />}>
      <span aria-live="polite">{state === 'idle' ? label : WORDS[state]}</span>
    </Button>
  );
}

/** A value in a fixed-width face that can be copied whole although it is shown short. */
export function CopyValue({ value, shown = value, label }: { value: string; shown?: string; label: string }) {
  const { state, copy } = useCopy(value);
  return (
    <button type="button" className={styles.value} onClick={copy} title={value}>
      <span className="sr">Copy {label}: </span>
      <code>
        <Revealed text={shown} />
      </code>
      {state === 'copied' ? <IconCheck size={15} aria-hidden="true" /> : <IconCopy size={15} aria-hidden="true" />}
      <span className="sr" aria-live="polite">
        {state === 'idle' ? '' : WORDS[state]}
      </span>
    </button>
  );
}
