import { anotherLookWords, counted, SEE_COMMENTS, type Saved } from '@countersign/view';
import { IconClock, IconEye } from '@tabler/icons-react';
import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { keepRemarks } from '../approval/use-review.js';
import { Revealed } from '../parts/revealed.js';
import { Ago } from '../parts/time.js';
import { DESKTOP } from '../parts/widths.js';
import { keepTyped, typedWords } from '../shell/drafts.js';
import styles from './saved-notice.module.css';

const WORDS: Readonly<Record<string, string>> = { deny: 'Your no', request_changes: 'Your request for changes' };
const useWaits = ({ tried }: Saved): string => `Saved on this ${useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false }) ? 'device' : 'phone'} – ${tried ? 'no answer came' : 'not sent'}`;
export const ANOTHER_LOOK = 'Needs another look';

/** In the place of the buttons while a decision waits for a connection, and above them when it came too late. */
export function SavedNotice({ saved }: { saved: Saved }) {
  const drop = useMutation({
    mutationFn: async () => {
      const dropped = await (await import('./outbox.js')).takeBack(saved);
      if (dropped) goOnWith(saved);
      return dropped;
    },
  });
  const waits = saved.problem === undefined;
  const title = useWaits(saved);
  const Icon = waits ? IconClock : IconEye;
  return (
    <div className={`${styles.notice} ${waits ? styles.waits : styles.look}`} role="status">
      <p className={styles.title}>
        <Icon size={20} stroke={1.9} aria-hidden="true" />
        {waits ? title : ANOTHER_LOOK}
      </p>
      <p className={styles.text}>
        {WORDS[saved.decision]}, <Ago at={saved.decidedAt} />:
      </p>
      <blockquote className={styles.quote}><Revealed text={saved.reason} /></blockquote>
      <p className={styles.text}>
        {saved.comments && saved.comments.length > 0 ? `With ${counted(saved.comments.length, 'comment')} on lines. ` : ''}
        {waits ? `${saved.tried ? 'It may have arrived. It is sent again when there is a connection, and counts once' : 'The server has not heard of it. It is sent when there is a connection'}; keep the app open, or open it then.` : anotherLookWords(saved)}
      </p>
      <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate()}>
        {!waits ? 'I have seen it' : saved.tried ? 'Do not send it again' : 'Take it back'}
      </Button>
      {drop.data === false && <p className={styles.text}>It is being sent just now.</p>}
    </div>
  );
}

/** What was written is its writer's again, to go on with; what was written since comes first. */
function goOnWith({ personId, approvalId, decision, reason, comments }: Saved): void {
  keepRemarks(approvalId, personId, comments ?? []);
  if (reason !== SEE_COMMENTS && typedWords(personId, approvalId, decision).trim() === '') keepTyped(personId, approvalId, decision, reason);
}

/** The same on a card of the inbox. */
export const SavedMark = ({ saved }: { saved: Saved }) => {
  const waits = useWaits(saved);
  return (
    <span className={`${styles.mark} ${saved.problem === undefined ? '' : styles.seen}`}>
      {saved.problem === undefined ? <IconClock size={16} stroke={2} aria-hidden="true" /> : <IconEye size={16} stroke={2} aria-hidden="true" />}
      {saved.problem === undefined ? waits : ANOTHER_LOOK}
    </span>
  );
};
