import type { TaskView } from '@countersign/contracts';
import { taskStatus } from '@countersign/view';
import styles from './steps.module.css';

/** One dash per task, filled as it goes; the sum in words beside it. */
export function Steps({ tasks, still = false }: { tasks: readonly TaskView[]; still?: boolean }) {
  const done = tasks.filter(({ state }) => state === 'done').length;
  return (
    <span className={styles.steps}>
      <span className={styles.dashes} aria-hidden="true">
        {tasks.map(({ id, state }) => (
          <span key={id} className={`${styles[taskStatus[state].tone]} ${still ? styles.still : ''}`} />
        ))}
      </span>
      <span className={`${styles.words} num`}>{`${done} of ${tasks.length} tasks done`}</span>
    </span>
  );
}
