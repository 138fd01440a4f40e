import type { LineComment } from '@countersign/contracts';
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Remarks } from './diff-table.js';
import { RemarkForm } from './remark-form.js';
import switches from '../parts/switch.module.css';
import styles from './remark.module.css';

interface ByNumberProps {
  readonly remarks: Remarks;
  readonly lines: Readonly<Record<LineComment['side'], number>>;
  readonly offered: readonly LineComment['side'][];
  readonly onClose: () => void;
}

/** A remark on a line that is named by its number. */
export function RemarkByNumber({ remarks: { path, review }, lines, offered, onClose }: ByNumberProps) {
  const [side, setSide] = useState<LineComment['side']>(offered.at(-1) ?? 'after');
  const [line, setLine] = useState('1');
  const number = /^\d{1,8}$/.test(line) ? Number(line) : 0;
  const at = number >= 1 && number <= lines[side] ? { path, line: number, side } : undefined;
  return (
    <div className={styles.open}>
      <div className={styles.where}>
        <TextInput label={`Line, 1 to ${lines[side]}`} inputMode="numeric" value={line} error={at ? undefined : 'There is no such line.'} onChange={({ currentTarget }) => setLine(currentTarget.value)} />
        {offered.length > 1 && (
          <div className={switches.switch} role="group" aria-label="Of which text">
            {offered.map((one) => (
              <button key={one} type="button" aria-pressed={side === one} className={side === one ? switches.on : ''} onClick={() => setSide(one)}>
                {one === 'before' ? 'As it was' : 'As it will be'}
              </button>
            ))}
          </div>
        )}
      </div>
      {at && (
        <RemarkForm
          key={`${at.side} ${at.line}`}
          place={at}
          review={review}
          onDone={onClose}
        />
      )}
    </div>
  );
}
