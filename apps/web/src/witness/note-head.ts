import { claimedHead, noteHeads, teamOfOrigin } from '@countersign/audit/web';
import { everything, remember } from './memories.js';

/** Notes a signed head that came with a push, for everybody here who remembers its team. True when it contradicts what one of them knows. */
export async function noteHead(note: string, now = new Date()): Promise<boolean> {
  const team = teamOf(note);
  const known = (await everything()).filter(({ teamId, memory }) => teamId === team && memory !== undefined);
  const after = await Promise.all(known.map((one) => remember(one, async (before = one) => ({ ...before, memory: before.memory && (await noteHeads(before.memory, [note], now)) }))));
  return after.some(({ memory }) => memory?.alarm !== null && memory?.alarm !== undefined);
}

function teamOf(note: string): string | undefined {
  try {
    return teamOfOrigin(claimedHead(note).origin);
  } catch {
    return undefined; // not a note: nobody here remembers its team
  }
}
