/** What can be wrong with an export. Names are stable: people and scripts look for them. */
export type FindingCode =
  | 'malformed_line'
  | 'payload_edited'
  | 'entry_edited'
  | 'deleted'
  | 'inserted'
  | 'reordered'
  | 'foreign_team'
  | 'time_backwards'
  | 'history_rewritten'
  | 'tail_cut'
  | 'bad_signature'
  | 'unknown_key'
  | 'no_checkpoint'
  | 'not_included'
  | 'assertion_wrong';

export interface Finding {
  readonly code: FindingCode;
  /** First entry concerned; absent when the finding is about a line that is not an entry. */
  readonly seq?: number;
  /** Last entry concerned, where it is a range. */
  readonly toSeq?: number;
  /** Line of the file, from 1. */
  readonly line?: number;
  readonly message: string;
}

/** Findings after which the order or the hashes of the entries are not those that were signed, so roots above them say nothing more. */
export const BREAKS_TREE: ReadonlySet<FindingCode> = new Set(['malformed_line', 'entry_edited', 'deleted', 'inserted', 'reordered', 'foreign_team']);

/** The finding as one line for a person. */
export function describeFinding({ code, seq, toSeq, line, message }: Finding): string {
  const range = toSeq !== undefined && toSeq !== seq ? `seq ${seq}..${toSeq}: ` : `seq ${seq}: `;
  const place = seq !== undefined ? range : line !== undefined ? `line ${line}: ` : '';
  return `${place}${code}: ${message}`;
}
