import { MalformedKeyError, MalformedNoteError } from './errors.js';
import type { Head } from './proof.js';
import { toHex } from './web-bytes.js';
import { claimedHead, compareWithRemembered, openWebHead, type ConsistencyAnswer } from './web-head.js';

/** What one person's device knows of one team's chain. */
export interface Memory {
  /** The key of the log as it was first seen. */
  readonly vkey: string;
  /** The signed head that everything seen since was proven to continue. */
  readonly note: string;
  /** When that was, by this device's clock. */
  readonly provenAt: string;
  /** Signed heads that were seen, in a push or on a page, and are not proven yet. */
  readonly unproven: readonly string[];
  /** Since when, and how often, the server has shown its pages, or had a head come by push, and given no proof that the record continues the remembered head. */
  readonly withheld?: Withheld | undefined;
  readonly alarm: Alarm | null;
}
interface Withheld {
  readonly since: string;
  readonly tries: number;
}

/** `forked`: two signed heads of one size. `key_changed`, `not_signed`: the pinned key stands under none of what is shown. `proof_withheld`: asked again and again, the server shows its pages and proves nothing. */
export type AlarmKind = 'tail_cut' | 'history_rewritten' | 'forked' | 'key_changed' | 'not_signed' | 'proof_refused' | 'proof_withheld';

/** Why the record is not to be trusted any more, with what shows it. It stays until a person has dealt with it. */
export interface Alarm {
  readonly kind: AlarmKind;
  readonly at: string;
  /** The first entry concerned, and the last. */
  readonly seq: number;
  readonly toSeq: number;
  /** Who names that place: the proof, or the server's own words. */
  readonly named: 'by_proof' | 'by_server';
  /** The remembered head that is not continued. */
  readonly note: string;
  /** What the server answered to that, word for word. */
  readonly answer: unknown;
}

/** The server, as a witness asks it. */
export interface Log {
  /** A signed head over everything there is, and the log's key. */
  head(): Promise<Reply<{ readonly note: string; readonly vkey: string }>>;
  /** The proof that the head of `to` entries (the newest unless said) continues that of the first `from`. */
  proof(from: number, to?: number): Promise<Reply<ConsistencyAnswer>>;
}
/**
 * `refused`: it said no, with a code. `away`: it cannot be reached, so nothing follows. `withheld`: it is there, and does not give what was
 * asked (`replyWithout`); nothing follows from once, but it may not go on showing its pages like that.
 */
export type Reply<T> = { readonly given: T } | { readonly refused: Refusal } | NoWord;
type NoWord = { readonly away: string } | { readonly withheld: string };
export interface Refusal {
  readonly code: string;
  readonly seq?: number | undefined;
  readonly toSeq?: number | undefined;
  readonly size?: number | undefined;
}

/** What came of a visit. `unchecked`: nothing could be said; the memory is what it was. */
export interface Visit {
  readonly memory: Memory | undefined;
  readonly unchecked?: string;
}

/** How a head came: with a page that the server gave just now, with one that this device had saved, or with a push. */
export type ShownBy = 'page' | 'saved' | 'push';

const MOST_UNPROVEN = 8;
/** A service of the server may be down for a while: so often, and so long, its pages may be shown without their proof. */
export const WITHHELD_TRIES = 10;
export const WITHHELD_MS = 10 * 60_000;

/**
 * One visit of a person to a team: what is shown now has to continue what this device remembers.
 *
 * `shown` are signed heads that came with pages. At the first visit the key and the head are taken as they are, and what the page
 * shows has to fit them; from then on nothing is remembered that was not proven, and nothing is forgotten that was not continued.
 * An alarm stays. A server that shows its pages and withholds the proof `WITHHELD_TRIES` times over at least `WITHHELD_MS` raises one,
 * whatever head stands in them, or none: whoever rewrote the record need not show the head that would give it away.
 */
export async function visit(memory: Memory | undefined, shown: readonly string[], log: Log, now: Date, by: ShownBy = 'page'): Promise<Visit> {
  if (memory?.alarm) return { memory };
  const known = memory ?? (await firstSight(shown, log, now));
  if ('unchecked' in known) return known;
  const noted = await noteHeads(known, shown, now);
  if (noted.alarm || (memory === undefined && noted.unproven.length === 0)) return { memory: noted };
  const { withheld, ...seen } = await prove(noted, log, now);
  return withheld !== undefined && isOwed(by, noted) ? { ...seen, memory: withholds(noted, withheld, now) } : seen;
}

/** Who shows a page now can be asked to prove it; a push is asked about for what it brought; of a page that was saved the server may know nothing. */
const isOwed = (by: ShownBy, { unproven }: Memory): boolean => by === 'page' || (by === 'push' && unproven.length > 0);

/** Whether a page shows anything that is not proven yet. One that carries no head where one is remembered does: it leaves out what would be compared. */
export const isNews = (memory: Memory | undefined, shown: string | null): boolean => {
  if (memory === undefined) return shown !== null;
  return memory.alarm === null && (shown === null || (memory.note !== shown && !isOlder(memory.note, shown)));
};

/** Adds signed heads to those that have to be proven. Two of one size that differ need no proof: the log has shown two histories. */
export async function noteHeads(memory: Memory, shown: readonly string[], now: Date): Promise<Memory> {
  let noted = memory;
  for (const note of new Set(shown)) {
    if (noted.alarm || note === noted.note || noted.unproven.includes(note)) continue;
    const head = await openWebHead(note, noted.vkey);
    if (head === undefined) return raise(noted, now, { kind: isOtherKey(note, noted.vkey) ? 'key_changed' : 'not_signed', seq: 0, answer: { note } });
    const twin = [noted.note, ...noted.unproven].find((known) => claimedHead(known).size === head.size && !isSame(claimedHead(known), head));
    if (twin !== undefined) return raise(noted, now, { kind: 'forked', seq: 0, toSeq: head.size - 1, note: twin, answer: { note } });
    if (!isSame(claimedHead(noted.note), head)) noted = { ...noted, unproven: [...noted.unproven, note].slice(0, MOST_UNPROVEN) }; // the oldest stay: newer ones must not wash out what was not continued
  }
  return noted;
}

async function firstSight(shown: readonly string[], log: Log, now: Date): Promise<Memory | Unchecked> {
  const reply = await log.head();
  if (!('given' in reply)) return { memory: undefined, unchecked: 'refused' in reply ? notGiven(reply.refused, shown) : noWord(reply).unchecked };
  const { note, vkey } = reply.given;
  if ((await openWebHead(note, vkey)) === undefined) return { memory: undefined, unchecked: 'not_signed' };
  return { vkey, note, provenAt: now.toISOString(), unproven: [], alarm: null };
}

interface Unchecked {
  readonly memory: undefined;
  readonly unchecked: string;
}

/** That nothing is signed yet is no answer to somebody who was shown a signed head. */
const notGiven = ({ code }: Refusal, shown: readonly string[]): string => (shown.length > 0 && isNothingYet(code) ? 'head_withheld' : code);
const isNothingYet = (code: string): boolean => code === 'no_checkpoint' || code === 'no_entries';

/** From the remembered head to the largest that was shown (or the newest), then from each other to that one. */
async function prove(memory: Memory, log: Log, now: Date): Promise<Visit & { readonly withheld?: string }> {
  const others = memory.unproven.toSorted((a, b) => claimedHead(a).size - claimedHead(b).size);
  const largest = others.findLast((note) => claimedHead(note).size > claimedHead(memory.note).size);
  const main = await ask(memory, memory.note, largest, log);
  if ('away' in main || 'withheld' in main) return { memory, ...noWord(main) };
  if ('alarm' in main) return { memory: raise(memory, now, main.alarm) };
  for (const note of others) {
    if (isSame(claimedHead(note), claimedHead(main.note))) continue;
    const proven = await ask(memory, note, main.note, log);
    if ('away' in proven || 'withheld' in proven) return { memory, ...noWord(proven) };
    if ('alarm' in proven) return { memory: raise(memory, now, proven.alarm) };
  }
  return { memory: { vkey: memory.vkey, note: main.note, provenAt: now.toISOString(), unproven: [], alarm: null } };
}

const noWord = (reply: NoWord): { readonly unchecked: string; readonly withheld?: string } => ('away' in reply ? { unchecked: reply.away } : { unchecked: reply.withheld, withheld: reply.withheld });

/** One more time that what was shown was left without its proof. A clock that was put back begins anew. */
function withholds(memory: Memory, why: string, now: Date): Memory {
  const before = memory.withheld && Date.parse(memory.withheld.since) <= now.getTime() ? memory.withheld : { since: now.toISOString(), tries: 0 };
  const withheld = { ...before, tries: before.tries + 1 };
  if (withheld.tries < WITHHELD_TRIES || now.getTime() - Date.parse(withheld.since) < WITHHELD_MS) return { ...memory, withheld };
  const { size } = claimedHead(memory.note);
  const last = Math.max(size - 1, ...memory.unproven.map((note) => claimedHead(note).size - 1));
  return raise({ ...memory, withheld }, now, { kind: 'proof_withheld', seq: size, toSeq: last, named: 'by_server', answer: { why, ...withheld, shown: memory.unproven } });
}

type Asked = { readonly note: string } | NoWord | { readonly alarm: Raised };

/** That the head `target`, or the newest one, continues the head `from`. */
async function ask({ vkey }: Memory, from: string, target: string | undefined, log: Log): Promise<Asked> {
  const [start, wanted] = [claimedHead(from), target === undefined ? undefined : claimedHead(target)];
  let reply = await log.proof(start.size, wanted?.size);
  // A head that was shown, and that the server does not know any more: what it has instead has to be seen.
  if ('refused' in reply && reply.refused.code === 'unknown_size') reply = await log.proof(start.size);
  if ('away' in reply || 'withheld' in reply) return reply;
  if ('refused' in reply) return { alarm: { ...refusalAlarm(reply.refused, start.size), note: from, answer: reply.refused } };
  const answer = reply.given;
  const seen = await compareWithRemembered(start, answer, vkey);
  const alarm = (kind: AlarmKind, seq: number, more: Partial<Raised> = {}): Asked => ({ alarm: { kind, seq, toSeq: start.size - 1, note: from, answer, ...more } });
  if (seen.verdict === 'not_signed') return alarm(isOtherKey(answer.note, vkey) ? 'key_changed' : 'not_signed', 0);
  if (seen.verdict === 'tail_cut') return alarm('tail_cut', seen.now.size);
  if (seen.verdict === 'history_rewritten') return alarm('history_rewritten', 0);
  if (wanted === undefined || isSame(wanted, seen.now)) return { note: answer.note };
  const shown = { note: target!, toSeq: wanted.size - 1 };
  if (seen.now.size < wanted.size) return alarm('tail_cut', seen.now.size, shown);
  return seen.now.size === wanted.size ? alarm('forked', start.size, shown) : alarm('history_rewritten', start.size, shown);
}

interface Raised {
  readonly kind: AlarmKind;
  readonly seq: number;
  readonly toSeq?: number;
  readonly named?: Alarm['named'];
  readonly note?: string;
  readonly answer: unknown;
}

const raise = (memory: Memory, now: Date, { kind, seq, toSeq, named = 'by_proof', note = memory.note, answer }: Raised): Memory => ({
  ...memory,
  alarm: { kind, at: now.toISOString(), seq, toSeq: toSeq ?? claimedHead(note).size - 1, named, note, answer },
});

/** What a refusal means to somebody who remembers `size` entries. The place is the server's word, as far as it lies where it can. */
function refusalAlarm({ code, seq, toSeq, size: there }: Refusal, size: number): Pick<Raised, 'kind' | 'seq' | 'toSeq' | 'named'> {
  const within = (place: number | undefined, otherwise: number): number => (place !== undefined && Number.isSafeInteger(place) && place >= 0 && place < size ? place : otherwise);
  const last = size - 1;
  if (code === 'head_beyond_chain') return { kind: 'tail_cut', seq: within(there, 0), toSeq: last, named: 'by_server' };
  if (isNothingYet(code)) return { kind: 'tail_cut', seq: 0, toSeq: last, named: 'by_server' };
  if (code === 'history_rewritten') return { kind: 'history_rewritten', seq: within(seq, 0), toSeq: Math.max(within(seq, 0), within(toSeq, last)), named: 'by_server' };
  return { kind: 'proof_refused', seq: 0, toSeq: last, named: 'by_server' };
}

const isSame = (one: Head, other: Head): boolean => one.size === other.size && toHex(one.root) === toHex(other.root);

/** A page that was kept from before, or an answer that came late: it is proven all the same when it is looked at. */
const isOlder = (known: string, shown: string): boolean => {
  const head = claimed(shown);
  return head !== undefined && head.size < claimedHead(known).size;
};

function claimed(note: string): Head | undefined {
  try {
    return claimedHead(note);
  } catch (cause) {
    if (cause instanceof MalformedNoteError || cause instanceof MalformedKeyError) return undefined;
    throw cause;
  }
}

/** A signature of the same log with a key that is not the pinned one. */
const isOtherKey = (note: string, vkey: string): boolean => {
  const [name = '', id = ''] = vkey.split('+');
  const ids = note.split('\n').filter((line) => line.startsWith(`— ${name} `)).map((line) => line.slice(`— ${name} `.length));
  return ids.length > 0 && ids.every((base64) => !keyIdIs(base64, id));
};

function keyIdIs(base64: string, id: string): boolean {
  try {
    return toHex(Uint8Array.from(atob(base64).slice(0, 4), (letter) => letter.charCodeAt(0))) === id;
  } catch (cause) {
    if (cause instanceof DOMException) return false;
    throw cause;
  }
}
