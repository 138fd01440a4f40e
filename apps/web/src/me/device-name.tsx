import type { Device } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { patchJson } from '../api/http.js';
import { sentence } from '../parts/states.js';
import styles from './devices.module.css';

/** Matches the contract's. */
const MOST_CHARS = 80;

/** A device is known by the name that its person gives it. */
export function DeviceName({ device: { id, name }, onDone }: { device: Device; onDone: () => void }) {
  const [text, setText] = useState(name);
  const rename = useMutation({ mutationFn: () => patchJson<Device>(`/v1/devices/${id}`, { name: text.trim() }), onSuccess: onDone });
  return (
    <form
      className={styles.naming}
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate();
      }}
    >
      <TextInput size="md" label={`Name of ${inSight(name)}`} value={text} maxLength={MOST_CHARS} autoFocus onChange={({ currentTarget }) => setText(currentTarget.value)} error={rename.error ? `Not renamed. ${sentence(rename.error)}` : undefined} />
      <div className={styles.actions}>
        <Button type="submit" loading={rename.isPending} disabled={text.trim() === ''}>
          Save name
        </Button>
        <Button variant="subtle" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
