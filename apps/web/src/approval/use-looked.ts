import type { ApprovalArtifact, ApprovalDetail, Me } from '@countersign/contracts';
import { lookedName, mayFold, notLookedAt } from '@countersign/view';
import { useSyncExternalStore } from 'react';

export interface Looking {
  /** What was not on the screen yet, and is to be before a yes. */
  readonly left: readonly ApprovalArtifact[];
  /** Whether what is equal to this earlier version of a file need not be on the screen. */
  readonly mayFold: (base: { readonly path: string; readonly mode: ApprovalArtifact['mode']; readonly sha256: string }) => boolean;
  /** It was on the screen to its end, or its reader does without. */
  readonly look: (file: ApprovalArtifact) => void;
  /** Of the screen, by the decision bar, in pixels; undefined until that is known. */
  readonly coveredBelow: number | undefined;
}

/** By person, for as long as the app stays open: what was looked at in an earlier version need not be again. */
let looked: ReadonlyMap<string, ReadonlySet<string>> = new Map();
const listeners = new Set<() => void>();
const nothing: ReadonlySet<string> = new Set();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLooked(approval: ApprovalDetail, { personId, hasty }: Pick<Me, 'personId' | 'hasty'>, coveredBelow: number | undefined): Looking {
  const mine = useSyncExternalStore(subscribe, () => looked).get(personId) ?? nothing;
  const look = (file: ApprovalArtifact): void => {
    const before = looked.get(personId) ?? nothing;
    if (before.has(lookedName(file))) return;
    looked = new Map([...looked, [personId, new Set([...before, lookedName(file)])]]);
    for (const listener of listeners) listener();
  };
  return { left: notLookedAt(approval, mine, hasty), mayFold: (base) => mayFold(approval, base, mine, hasty), look, coveredBelow };
}
