import { inSight } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconAlertOctagon, IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { Revealed } from '../parts/revealed.js';
import { Clock } from '../parts/time.js';
import { alarmWords } from './alarm-words.js';
import { evidenceOf, saveFile } from './evidence.js';
import type { RaisedAlarm } from './state.js';
import { trustAnew } from './watch.js';
import styles from './alarms.module.css';

/** Over every page while a record does not continue what this device remembers. There is no cross to click it away. */
export const Alarms = ({ alarms }: { alarms: readonly RaisedAlarm[] }) => (
  <div className={styles.alarms} role="alert">
    {alarms.map((alarm) => (
      <OneAlarm key={alarm.teamId} raised={alarm} />
    ))}
  </div>
);

function OneAlarm({ raised }: { raised: RaisedAlarm }) {
  const { memory, teamId, teamName } = raised;
  const { title, place } = alarmWords(memory.alarm, teamName);
  const [saved, setSaved] = useState(false);
  const [sure, setSure] = useState(false);
  const [failed, setFailed] = useState(false);
  const save = (): void => {
    saveFile(`evidence-${teamId}.json`, evidenceOf(raised, memory));
    setSaved(true);
  };
  return (
    <section className={styles.alarm} aria-label={inSight(title)}>
      <h2>
        <IconAlertOctagon size={24} stroke={2} aria-hidden="true" />
        <Revealed text={title} />
      </h2>
      <p>{place}</p>
      <p>
        Approving is off for this team on this device; you can deny and read. Kept since <Clock at={memory.alarm.at} />: the signed head, the key, and what the server answered.{' '}
        <strong>Save it, and show it to somebody outside of this server</strong> before you go on. Ask your operator what happened.
      </p>
      <div className={styles.actions}>
        <Button size="md" className={styles.save} leftSection={<IconDownload size={18} aria-hidden="true" />} onClick={save}>
          Save the evidence
        </Button>
        {!sure && (
          <Button size="md" className={styles.plain} variant="subtle" disabled={!saved} onClick={() => setSure(true)}>
            {saved ? 'Go on with the record as it is now …' : 'To go on, save the evidence first'}
          </Button>
        )}
      </div>
      {sure && (
        <div className={styles.sure}>
          <p>From then on this device vouches only for what comes later. The evidence stays here, under Me.</p>
          <Button size="md" className={styles.save} onClick={() => void trustAnew(raised).catch(() => setFailed(true))}>
            I know what happened: start anew
          </Button>
          <Button size="md" className={styles.plain} variant="subtle" onClick={() => setSure(false)}>
            Keep the alarm
          </Button>
          {failed && <p>This browser did not let us write that down, so the alarm stays. Reload the page and try again.</p>}
        </div>
      )}
    </section>
  );
}
