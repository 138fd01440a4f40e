import { claimedHead, type Alarm, type AlarmKind } from '@countersign/audit/web';

const WHAT: Readonly<Record<AlarmKind, string>> = {
  tail_cut: 'The end of the record is gone',
  history_rewritten: 'The record was rewritten',
  forked: 'Two different records were shown',
  key_changed: 'The record is signed with another key',
  not_signed: 'The record is not signed',
  proof_refused: 'The proof was refused',
  proof_withheld: 'The proof is withheld',
};

export interface AlarmWords {
  readonly title: string;
  readonly place: string;
}

/** What is wrong, and from which entry on. */
export function alarmWords({ kind, seq, toSeq, named, note }: Alarm, teamName: string): AlarmWords {
  const { size } = claimedHead(note);
  const range = seq === toSeq ? `Entry ${seq} is` : `The entries from ${seq} to ${toSeq} are`;
  const by = named === 'by_server' ? ' The server names that place; only the head is proof.' : '';
  const kept = `This device has a signed head of ${size} ${size === 1 ? 'entry' : 'entries'}: the notary’s signature over all of them.`;
  const places: Readonly<Record<AlarmKind, string>> = {
    tail_cut: `${kept} ${range} not there any more.${by}`,
    history_rewritten: `${kept} ${range} not those it covers.${by}`,
    forked: `${kept} Another one was shown that does not continue it: from entry ${seq} on there are two histories.`,
    key_changed: `${kept} What is shown now is signed with another key than the one that was there at the first visit, so nothing from entry 0 on is vouched for.`,
    not_signed: `${kept} What is shown now carries no sound signature of its key, so nothing from entry 0 on is vouched for.`,
    proof_refused: `${kept} The server does not prove that today's record continues it, so nothing from entry 0 on is vouched for.`,
    proof_withheld: `${kept} ${toSeq < seq ? 'Pages of this team' : `Newer heads, up to entry ${toSeq},`} were shown, and again and again no proof came that today's record continues it.`,
  };
  return { title: `${teamName}: ${WHAT[kind].charAt(0).toLowerCase()}${WHAT[kind].slice(1)}`, place: places[kind] };
}
