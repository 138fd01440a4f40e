import type { ApprovalDetail, Me } from '@countersign/contracts';
import type { Proof } from '@countersign/view';
import { useEffect } from 'react';
import { postJson } from '../api/http.js';

const told = new Set<string>();

/** Tells the server once that the person has opened this version: when their device has hashed all of it. Nothing depends on the answer; the next opening says it again. */
export function useSeen({ id, digest }: ApprovalDetail, me: Me, proof: Proof): void {
  const seen = proof.state === 'matches' && me.customer !== null;
  useEffect(() => {
    if (!seen || told.has(digest)) return;
    told.add(digest);
    postJson(`/v1/approvals/${id}/seen`, { digest }, { key: crypto.randomUUID() }).catch(() => told.delete(digest));
  }, [id, digest, seen]);
}
