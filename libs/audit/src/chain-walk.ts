import { parseObject } from './parse-object.js';
import type { ExportEntry } from './export.js';
import type { Finding } from './finding.js';
import { HashList } from './hash-list.js';
import { entryHash, GENESIS_HASH, sha256 } from './leaf.js';

/** Where a payload names no service: the database takes none such. */
const UNNAMED = '?';

/** An entry at its place in the file, with the hash its own fields give. */
export interface WalkedEntry {
  readonly position: number;
  readonly entry: ExportEntry;
  readonly own: Buffer;
}

/** Neighbouring entries that do not continue what stands before them; `before` is the link they should carry, if it is known. */
export interface BrokenRun {
  readonly before: Buffer | undefined;
  readonly expectedSeq: number;
  readonly entries: WalkedEntry[];
}

interface Previous {
  readonly seq: number;
  readonly atMs: number;
  /** The hash written in the entry, and the one its fields give: a row with only its stored hash altered breaks one of them. */
  readonly links: readonly Buffer[];
}

/** Goes through the entries in file order, keeps their hashes, and collects every place where the chain does not hold. */
export class ChainWalk {
  /** What each entry's fields hash to, in file order: the leaves of the tree. */
  readonly own = new HashList();
  /** The hash each entry states. */
  readonly stated = new HashList();
  readonly runs: BrokenRun[] = [];
  readonly findings: Finding[] = [];
  /** How many entries each service wrote, as their payloads say. */
  readonly services = new Map<string, number>();
  prunedPayloads = 0;
  private previous: Previous | undefined = { seq: -1, atMs: 0, links: [GENESIS_HASH] };
  private run: BrokenRun | undefined;

  /** How many entries there are, by the last one's seq. */
  get size(): number {
    return this.nextSeq ?? this.own.length;
  }

  private nextSeq: number | undefined;

  take(entry: ExportEntry): void {
    const walked = { position: this.own.length, entry, own: entryHash(entry) };
    this.own.push(walked.own);
    this.stated.push(entry.entryHash);
    this.checkPayload(entry);
    this.checkPlace(walked);
    this.previous = { seq: entry.seq, atMs: entry.atMs, links: [entry.entryHash, walked.own] };
    this.nextSeq = entry.seq + 1;
  }

  /** A line that should have been an entry and cannot be read: what follows it can only be checked from there on. */
  skip(): void {
    this.previous = undefined;
    this.run = undefined;
  }

  private checkPayload({ seq, payload, payloadHash }: ExportEntry): void {
    if (payload === null) this.prunedPayloads += 1;
    else {
      this.countService(payload);
      if (!sha256(payload).equals(payloadHash)) this.findings.push({ code: 'payload_edited', seq, message: 'the payload does not hash to its payload hash' });
    }
  }

  private countService(payload: Buffer): void {
    const named = parseObject(payload.toString('utf8'))?.['service'];
    const service = typeof named === 'string' ? named : UNNAMED;
    this.services.set(service, (this.services.get(service) ?? 0) + 1);
  }

  private checkPlace(walked: WalkedEntry): void {
    const { entry, own } = walked;
    const { previous } = this;
    const linked = previous === undefined || previous.links.some((link) => link.equals(entry.prevHash));
    const inOrder = previous === undefined || entry.seq === previous.seq + 1;
    if (!linked || !inOrder || !own.equals(entry.entryHash)) this.break(walked);
    else {
      this.run = undefined;
      if (previous !== undefined && entry.atMs < previous.atMs) this.findings.push({ code: 'time_backwards', seq: entry.seq, message: 'the entry is older than the one before it' });
    }
  }

  private break(walked: WalkedEntry): void {
    if (this.run === undefined) {
      this.run = { before: this.previous?.links[0], expectedSeq: this.previous === undefined ? walked.entry.seq : this.previous.seq + 1, entries: [] };
      this.runs.push(this.run);
    }
    this.run.entries.push(walked);
  }
}
