import type { ApprovalDetail } from '@countersign/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, useSyncExternalStore } from 'react';
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
  return { ...useSyncExternalStore(run.subscribe, run.current), again };
}
