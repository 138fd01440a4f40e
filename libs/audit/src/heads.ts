import { openCheckpoint, parseCheckpoint, parsePlainHead, type TreeHead } from './checkpoint.js';
import { findingCodeOf, MalformedKeyError, MalformedNoteError, UnknownKeyError } from './errors.js';
import type { ExportHeader } from './export.js';
import type { Finding } from './finding.js';
import { parseVkey, type NoteVerifier } from './note.js';
import { teamOfOrigin } from './origin.js';

/** The heads to check against, each opened with the one key that may sign this chain's heads. */
export class Heads {
  readonly heads: TreeHead[] = [];
  readonly findings: Finding[] = [];
  readonly otherTeams: string[] = [];

  private constructor(
    private readonly header: ExportHeader,
    private readonly key: NoteVerifier | undefined,
  ) {}

  /** For the chain of this header; the pinned key goes before the header's own. */
  static of(header: ExportHeader, pinned: NoteVerifier | undefined): Heads {
    const key = pinned ?? keyOfHeader(header);
    const heads = new Heads(header, key);
    const team = teamOfOrigin(header.origin);
    if (team !== header.team) heads.foreign(`the header names team ${header.team} but the log ${header.origin}`, 1, header.origin);
    else if (key?.name !== header.origin) heads.findings.push({ code: 'unknown_key', line: 1, message: `no key for the log ${header.origin}` });
    return heads;
  }

  /** A head the reader brought; a mistyped one is an error, one that does not verify is a finding. */
  given(head: string): void {
    const plain = parsePlainHead(head);
    if (plain !== undefined) this.heads.push(plain);
    else if (head.includes('\n\n')) this.signed(head, undefined);
    else throw new MalformedNoteError('a head is a signed note, or size:base64root');
  }

  signed(note: string, line: number | undefined): void {
    try {
      const origin = parseCheckpoint(note.slice(0, note.lastIndexOf('\n\n') + 1)).origin;
      if (origin !== this.header.origin) this.foreign(`a head of ${origin}, not of ${this.header.origin}`, line, origin);
      else if (this.key === undefined) throw new UnknownKeyError('no key of this log');
      else this.heads.push(openCheckpoint(note, this.key));
    } catch (cause) {
      this.findings.push({ code: findingCodeOf(cause), ...(line === undefined ? {} : { line }), message: (cause as Error).message });
    }
  }

  private foreign(message: string, line: number | undefined, origin: string): void {
    this.findings.push({ code: 'foreign_team', ...(line === undefined ? {} : { line }), message });
    const team = teamOfOrigin(origin);
    if (team !== undefined) this.otherTeams.push(team);
  }
}

function keyOfHeader({ vkey }: ExportHeader): NoteVerifier | undefined {
  try {
    return parseVkey(vkey);
  } catch (cause) {
    if (cause instanceof MalformedKeyError) return undefined;
    throw cause;
  }
}
