import { revealInvisible } from '@countersign/view';
import styles from './revealed.module.css';

/** A text of somebody's in which nothing is hidden: a character that cannot be seen is named. */
export const Revealed = ({ text }: { text: string }) =>
  revealInvisible(text).map(({ text: shown, hidden }, index) =>
    hidden === undefined ? (
      shown
    ) : (
      <span key={index} className={styles.hidden} title={`A character that cannot be seen: ${hidden}`}>
        {hidden}
      </span>
    ),
  );
