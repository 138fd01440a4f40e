import type { ApprovalSummary } from '@countersign/contracts';
import { heldWords, inSight, quorumWords, secondsUntil } from '@countersign/view';
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { serverNow } from '../api/clock.js';
import { useUndo } from '../api/decide.js';
import { keys } from '../api/queries.js';
import { failureWords } from './failure-words.js';
import styles from './undo-bar.module.css';

type Shown = Pick<ApprovalSummary, 'id' | 'title' | 'state' | 'heldFor' | 'effectiveAt' | 'mayUndo' | 'quorum'>;
const TICK_MS = 1_000;
/** The server looks twice a second. */
const AFTER_MS = 700;

/** What was decided and has no effect yet, until when, and the way back for who decided. */
export function UndoBar({ approval }: { approval: Shown }) {
  const undo = useUndo(approval);
  const { mayUndo, title } = approval;
  return (
    <div className={styles.undo}>
      {approval.state === 'held' ? <Held approval={approval} /> : <p>{approval.quorum ? `You said yes · ${quorumWords(approval.quorum)}` : null}</p>}
      {mayUndo && (
        <Button variant="default" size="md" className={styles.button} loading={undo.isPending} onClick={() => undo.mutate()} aria-label={`Undo: ${inSight(title)}`}>
          Undo
        </Button>
      )}
      {undo.error && (
        <p className={styles.error} role="alert">
          {failureWords(undo.error)}
        </p>
      )}
    </div>
  );
}

/** The eye sees every second pass; who hears the page is told once, and again when it is over. */
function Held({ approval }: { approval: Shown }) {
  const at = approval.effectiveAt!;
  const seconds = useSecondsUntil(at);
  const [first] = useState(seconds);
  useLookAfter(approval.id, at);
  return (
    <>
      <p aria-hidden="true">{heldWords(approval, seconds)}</p>
      <p className="sr" aria-live="polite">
        {heldWords(approval, seconds === 0 ? 0 : first)}
        {approval.mayUndo && seconds > 0 ? '. You can undo it until then.' : ''}
      </p>
      <span className={styles.line} style={{ animationDuration: `${first}s` }} aria-hidden="true" />
    </>
  );
}

function useSecondsUntil(at: string): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [at]);
  return secondsUntil(at, now);
}

/** The moment the time is over, the server has the word. */
function useLookAfter(id: string, at: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const look = (): void => void Promise.all([keys.approval(id), keys.approvals].map((queryKey) => client.invalidateQueries({ queryKey })));
    const timer = setTimeout(look, Math.max(0, Date.parse(at) - serverNow()) + AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, id, at]);
}
