import type { ApprovalDetail, DecideBody, Me } from '@countersign/contracts';
import { counted } from './money-words.js';
import { isInEffect, needsPasskey, passkeyWords, type PasskeyHere } from './passkeys.js';
import type { Proof } from './proof.js';
import { clockWords } from './time-words.js';

/** Whether a button is open, and if not, why: a disabled button says its reason. `lacks`: what the person can make there and then. */
export type Gate = { readonly open: true } | { readonly open: false; readonly reason: string; readonly lacks?: 'passkey' };
/**
 * What this device knows of the team's record: `unread`, while it looks up what it remembers; `unreadable`, where the browser does not give
 * that out; `broken`, where what is shown does not continue it; `unproven`, where the server has shown its pages more than once without the
 * proof that they do.
 */
export type RecordStanding = 'unread' | 'unreadable' | 'broken' | 'unproven' | 'not_broken';
export interface DecisionFacts {
  readonly me: Pick<Me, 'roles' | 'customer' | 'displayName' | 'hasty'>;
  readonly approval: Pick<ApprovalDetail, 'state' | 'dueAt' | 'tier' | 'quorum' | 'mayUndo' | 'heldFor'>;
  readonly now: Date;
  readonly online: boolean;
  readonly proof: Proof;
  readonly record: RecordStanding;
  /** Undefined: not known, so the server says it. */
  readonly passkey: PasskeyHere | undefined;
  /** The sentence that says what will happen has been on the screen. */
  readonly effectSeen: boolean;
  /** The end of what changes has been on the screen, since this page was opened. */
  readonly changesRead: boolean;
  /** How many files were not on the screen and are to be (`notLookedAt`). */
  readonly unseenFiles: number;
}

const open: Gate = { open: true };
const shut = (reason: string): Gate => ({ open: false, reason });
/** Of somebody else's yes that is held. */
const STOP = shut('A no of yours stops it at once.');
const STOP_LATER = shut('You are offline. A no of yours stops nothing until it is sent, and this may take effect before.');
const OVER = shut('This request is not waiting for an answer any more.');

/** Could this person answer at all? The server judges again; this is so that the screen says it first. */
export function mayAnswer({ me, approval, now }: Pick<DecisionFacts, 'me' | 'approval' | 'now'>): Gate {
  if (!me.roles.includes('customer_governor')) return shut(`Only a customer governor of this team can decide. You are signed in as ${me.displayName}.`);
  if (mayStop(approval)) return open;
  if (approval.state !== 'pending') return OVER;
  if (Date.parse(approval.dueAt) <= now.getTime()) return shut('The time to answer is over.');
  return open;
}

/** While somebody's yes is held, another person's no ends it. */
const mayStop = ({ state, heldFor, mayUndo }: DecisionFacts['approval']): boolean => state === 'held' && heldFor === 'approved' && !mayUndo;

/** Saying no must always be possible: without a connection it is saved, and sent when there is one. */
export const mayRefuse = (facts: DecisionFacts): Gate => mayAnswer(facts);

const SAVED_NO = 'A no, and a request for changes, are saved on this device and sent later.';
/** Where a yes is only a key's, the server's number in it lasts two minutes; above that it asks the person for a passkey. */
const needsConnection = (tier: number): string =>
  tier > 1 ? `You are offline. What others will see is approved with a connection only: your passkey answers the server. ${SAVED_NO}` : `You are offline. A yes is signed over a number that the server gives for two minutes, so it needs a connection. ${SAVED_NO}`;

const ONLY_NOW: Partial<Readonly<Record<DecideBody['decision'], string>>> = {
  ask: 'A question is asked with a connection only.',
  defer: 'It is put off with a connection only: until then you may be rung.',
  escalate: 'Somebody else is told with a connection only.',
};

/** Why an answer is not saved on this device while there is no connection; undefined where it is, and of a yes, whose gate says why. */
export function onlyConnected(answer: DecideBody['decision'], { report }: Pick<DecideBody, 'report'> = {}): string | undefined {
  if (report === true) return 'A report stops the team at once, so it needs a connection. A plain no is saved without one.';
  return ONLY_NOW[answer];
}

/** What has to wait is said before anybody reads: a passkey that is made now may count only when the request is over. */
function passkeyCounts({ passkey, approval: { tier, dueAt }, now }: DecisionFacts): Gate {
  if (!needsPasskey(tier) || passkey === undefined || isInEffect(passkey, now)) return open;
  const words = passkeyWords(passkey, now);
  if (passkey === 'none' || passkey === 'elsewhere' || passkey === 'device_new') return { open: false, reason: words, lacks: 'passkey' };
  if (passkey === 'unconfirmed') return shut(words);
  return shut(`${words} ${Date.parse(passkey.from) < Date.parse(dueAt) ? `This request is open until ${clockWords(dueAt, now)}.` : 'This request expires before that: once it has, you can ask for it again here.'}`);
}

/** A yes needs more: the effect was on the screen, and this device has hashed every file. */
export function mayApprove(facts: DecisionFacts): Gate {
  const refuse = mayRefuse(facts);
  if (!refuse.open) return refuse;
  const { state, quorum, mayUndo } = facts.approval;
  if (state !== 'pending') return facts.online ? STOP : STOP_LATER; // of what waits no more, only a held yes may be refused
  if (facts.record === 'broken') return shut('The record of this team is not the one that this device remembers. Nothing is approved here until that is explained; you can deny it.');
  if (!facts.online) return shut(needsConnection(facts.approval.tier));
  if (facts.record === 'unproven') return shut('The server shows this team’s pages and does not prove its record, so nothing is approved here; you can deny it. The proof is asked for again while this page is open. If this stays, ask your operator.');
  if (quorum?.of === 'people' && mayUndo) return shut('You have said yes. Somebody else must as well.');
  const signs = passkeyCounts(facts);
  if (!signs.open) return signs;
  if (!facts.effectSeen) return shut('Read what will happen first.');
  if (facts.me.hasty && !facts.changesRead) return shut('You have approved faster than this can be read. Go through what changes first, to its end.');
  if (facts.unseenFiles > 0) return shut(`${facts.me.hasty ? 'You have approved faster than this can be read. Look at it first' : 'Others will see this, so look at it first'}: ${counted(facts.unseenFiles, 'file')} ${facts.unseenFiles === 1 ? 'was' : 'were'} not on the screen to the end yet.`);
  if (facts.record === 'unread') return shut('Approve opens when this device has looked up what it remembers of the record.');
  if (facts.record === 'unreadable') return shut('This browser does not let us read what it remembers of the record, so nothing is approved here; you can deny it.');
  const { proof } = facts;
  if (proof.state === 'matches') return open;
  if (proof.state === 'checking') return shut(`Approve opens when this device has hashed the files: ${proof.checked} of ${proof.of}.`);
  if (proof.state === 'differs') return shut('What you see is not what would be countersigned. You can deny it.');
  return shut('This device could not check the files, so it cannot approve them.');
}
