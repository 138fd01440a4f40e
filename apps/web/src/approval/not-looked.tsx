import { counted, inSight } from '@countersign/view';
import { Button } from '@mantine/core';
import { Revealed } from '../parts/revealed.js';
import type { Looking } from './use-looked.js';
import styles from './not-looked.module.css';

/** Under the files, while some of them were not on the screen: which, and for each the word that its reader does without. */
export const NotLooked = ({ left, look }: Looking) => (
  <div className={styles.left}>
    <p>
      {counted(left.length, 'file')} not looked at yet. Approve opens when each was on the screen to its end, or when you say that you do without.
    </p>
    <ul>
      {left.map((file) => (
        <li key={file.path}>
          <span className="mono">
            <Revealed text={file.path} />
          </span>
          <Button size="compact-md" variant="subtle" className={styles.without} onClick={() => look(file)} aria-label={`I looked at it elsewhere, or do without: ${inSight(file.path)}`}>
            I looked at it elsewhere, or do without
          </Button>
        </li>
      ))}
    </ul>
  </div>
);
