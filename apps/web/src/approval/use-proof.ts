import type { ApprovalDetail } from '@countersign/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useConnection } from '../api/connection.js';
import { AGAIN_MS } from '../api/query-client.js';
import { forgetProof, proofName, proofOf, type Progress } from './proof-run.js';

export type { FileProof } from './proof-run.js';

export interface Proven extends Progress {
  /** Starts again, after something could not be read. */
  readonly again: () => void;
}

/** What this device has found out by hashing about what is on the screen. */
export function useProof(approval: ApprovalDetail): Proven {
  const client = useQueryClient();
  const [round, setRound] = useState(0);
  const name = useMemo(() => proofName(approval), [approval]);
  // What is compared is in the name, and another round is another run.
  const run = useMemo(() => proofOf(client, approval), [client, name, round]);
  const again = (): void => {
    forgetProof(approval);
    setRound((before) => before + 1);
  };
  const progress = useSyncExternalStore(run.subscribe, run.current);
  const { online } = useConnection();
  const isDue = progress.mayPass && online;
  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(again, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [run, isDue]);
  return { ...progress, again };
}
