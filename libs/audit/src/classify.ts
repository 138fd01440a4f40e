import type { BrokenRun, ChainWalk, WalkedEntry } from './chain-walk.js';
import type { Finding } from './finding.js';
import { entryHash } from './leaf.js';

/** How many deleted entries a renumbering may hide before it is called an edit. */
const MOST_SHIFTED = 64;

/**
 * Says what was done to each broken place, from the links: every entry carries the hash of the one it was written after.
 *
 * A link to an earlier entry means that those between were put in; to a later one, that the order was changed;
 * to none, that the entry it names was taken out. `teams` are the other teams an entry may have been copied from.
 */
export function classifyRuns(walk: ChainWalk, teams: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  for (const run of walk.runs) findings.push(foreign(run, teams) ?? classify(run, walk, findings));
  return findings;
}

function foreign(run: BrokenRun, teams: readonly string[]): Finding | undefined {
  for (const { entry, own } of run.entries) {
    if (own.equals(entry.entryHash)) continue;
    const team = [...teams, ...uuidsIn(entry.payload)].find((teamId) => entryHash({ ...entry, teamId }).equals(entry.entryHash));
    if (team !== undefined) return { code: 'foreign_team', seq: entry.seq, message: `the entry belongs to the chain of team ${team}` };
  }
  return undefined;
}

function classify(run: BrokenRun, walk: ChainWalk, earlier: readonly Finding[]): Finding {
  const first = run.entries[0]!;
  const seq = run.expectedSeq;
  const linked = run.before === undefined || run.before.equals(first.entry.prevHash);
  const target = linked ? -1 : walk.stated.indexOf(first.entry.prevHash);
  if (target >= first.position) return reordered(seq);
  // A later entry that continues from before this place: what stands between was put in.
  if (run.before !== undefined && run.entries.slice(1).some(({ entry }) => entry.prevHash.equals(run.before!))) return inserted(seq);
  if (linked) return wronglyNumbered(first, seq);
  if (target >= 0) return earlier.some(({ code }) => code === 'reordered') ? reordered(seq) : inserted(seq - (first.position - 1 - target));
  if (!first.own.equals(first.entry.entryHash) && !isRenumbered(first)) return edited(first.entry.seq);
  return deleted(seq, first.entry.seq);
}

/** The link holds, so the entry stands after the right one: its own fields are at fault. */
function wronglyNumbered({ entry, own }: WalkedEntry, seq: number): Finding {
  if (!own.equals(entry.entryHash)) return edited(entry.seq);
  return entry.seq > seq ? deleted(seq, entry.seq) : inserted(entry.seq);
}

/** True when the entry's hash fits another, higher number: it was moved up after a deletion, and nothing else was done to it. */
function isRenumbered({ entry }: WalkedEntry): boolean {
  for (let shift = 1; shift <= MOST_SHIFTED; shift += 1) if (entryHash({ ...entry, seq: entry.seq + shift }).equals(entry.entryHash)) return true;
  return false;
}

const edited = (seq: number): Finding => ({ code: 'entry_edited', seq, message: 'the fields of the entry do not hash to its entry hash' });
const reordered = (seq: number): Finding => ({ code: 'reordered', seq, message: 'the entry was written after one that stands later' });
const inserted = (seq: number): Finding => ({ code: 'inserted', seq, message: 'the entry that follows was written without this one before it' });
const deleted = (seq: number, nextSeq: number): Finding => ({ code: 'deleted', seq, toSeq: Math.max(seq, nextSeq - 1), message: 'the next entry was written after one that is not here' });

const uuidsIn = (payload: Buffer | null): string[] => payload?.toString('latin1').match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
