import { claimedHead } from '@countersign/audit/web';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Ago } from '../parts/time.js';
import { evidenceOf, saveFile } from '../witness/evidence.js';
import type { Remembered } from '../witness/memories.js';
import { useWatched } from '../witness/state.js';
import lists from '../parts/list.module.css';
import styles from './remembered.module.css';

/** What this browser remembers of the records: at each visit they have to continue it. */
export function RememberedRecords() {
  const known = useWatched().remembered.filter(({ memory, past }) => memory !== undefined || past.length > 0);
  return (
    <Panel title="Records this device remembers">
      <p className="soft small">At each visit a team’s record has to continue what was seen here before, under the key that was seen first. What is remembered is the newest signed head: the notary’s signature over all entries up to then. What does not continue it is said in red.</p>
      {known.length > 0 && (
        <ul className={lists.rows}>
          {known.map((one) => (
            <li key={one.teamId} className={styles.row}>
              <Row of={one} />
            </li>
          ))}
        </ul>
      )}
      <Link to="/verify" className={styles.verify}>
        Verify a receipt
      </Link>
    </Panel>
  );
}

function Row({ of }: { of: Remembered }) {
  const { memory, teamId, teamName, past } = of;
  const [, keyId = ''] = memory?.vkey.split('+') ?? [];
  return (
    <>
      <span className={styles.name}><Revealed text={teamName} /></span>
      {memory && (
        <span className="soft small">
          {memory.alarm ? 'Not continued: see above' : <>{claimedHead(memory.note).size} entries, proven <Ago at={memory.provenAt} /></>}
          {' · key '}
          <code>{keyId}</code>
        </span>
      )}
      {past.map(({ alarm, memory: then }) => (
        <Button key={alarm.at} variant="default" onClick={() => saveFile(`evidence-${teamId}.json`, evidenceOf(of, { ...then, alarm }))}>
          Evidence of {alarm.at.slice(0, 10)}
        </Button>
      ))}
    </>
  );
}
