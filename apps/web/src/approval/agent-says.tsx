import { firstOf } from '@countersign/contracts/characters';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import styles from './agent-says.module.css';

const SHORT = 420;

/** An agent's own words: a quotation with its name, never a fact, never formatted. */
export function AgentSays({ text, team }: { text: string; team: string }) {
  if (text.trim() === '') return null;
  const long = text.length > SHORT;
  return (
    <figure className={styles.says}>
      <figcaption>
        <Avatar name={team} size={28} />
        <span>
          <strong>The team says</strong>
          <span className={styles.note}>Written by an agent. Not checked.</span>
        </span>
      </figcaption>
      {long ? (
        <details>
          <summary>
            <blockquote>
              <Revealed text={firstOf(text, SHORT).trimEnd()} /> …
            </blockquote>
            <span className={styles.more}>Read all</span>
          </summary>
          <blockquote>
            <Revealed text={text} />
          </blockquote>
        </details>
      ) : (
        <blockquote>
          <Revealed text={text} />
        </blockquote>
      )}
    </figure>
  );
}
