/** A place in the events of all teams, in the order in which they are read. */
export interface EventCursor {
  /** A transaction's number: never falls within a team. */
  readonly pos: bigint;
  readonly teamId: string;
  readonly seq: number;
}

const FORM = /^(\d{1,19})\.([0-9a-f]{32})\.(\d{1,15})$/;
/** Before the first event at this transaction. */
export const startOf = (pos: bigint): EventCursor => ({ pos, teamId: '00000000-0000-0000-0000-000000000000', seq: 0 });

/** As it travels in `Last-Event-ID`. */
export const cursorText = ({ pos, teamId, seq }: EventCursor): string => `${pos}.${teamId.replaceAll('-', '')}.${seq}`;

/** Undefined for a text that no event of ours had as its id. */
export function readCursor(text: string): EventCursor | undefined {
  const [, pos, hex, seq] = FORM.exec(text) ?? [];
  if (pos === undefined || hex === undefined || seq === undefined) return undefined;
  return { pos: BigInt(pos), teamId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'), seq: Number(seq) };
}

export function isAfter(one: EventCursor, other: EventCursor): boolean {
  if (one.pos !== other.pos) return one.pos > other.pos;
  if (one.teamId !== other.teamId) return one.teamId > other.teamId;
  return one.seq > other.seq;
}
