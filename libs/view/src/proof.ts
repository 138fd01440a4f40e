import type { ApprovalArtifact, ApprovalDetail, Fact, Manifest, SentView } from '@countersign/contracts';
import { effectKeyText } from '@countersign/contracts/effect-ids';
import { factsOf, question, sentView, whatHappens } from '@countersign/contracts/effect-words';
import { inSight } from './invisible.js';

/** Lower-case hex of the SHA-256 of the bytes. Needs a secure context in browsers: `canHash()`. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Browsers offer hashing only over https and on the machine itself. */
export const canHash = (): boolean => typeof globalThis.crypto?.subtle?.digest === 'function';

/** What the reader of an approval has found out by hashing. */
export type Proof =
  | { readonly state: 'checking'; readonly checked: number; readonly of: number }
  | { readonly state: 'matches'; readonly of: number }
  | { readonly state: 'differs'; readonly what: string }
  | { readonly state: 'unreadable'; readonly why: string };

/** What is shown, said by the server beside the manifest. */
export type Shown = Pick<ApprovalDetail, 'id' | 'digest' | 'title' | 'question' | 'whatHappens' | 'cost' | 'teamId' | 'goalId' | 'facts' | 'sent' | 'checks' | 'tier'> & { readonly artifacts: readonly ApprovalArtifact[]; readonly quorum: Pick<NonNullable<ApprovalDetail['quorum']>, 'need' | 'of'> | null };

/** What of a request is compared, and nothing else: state, marks and head of the record change while it is open. */
export const shownOf = ({ id, digest, title, question: asked, whatHappens: happens, cost, teamId, goalId, facts, sent, checks, tier, quorum, artifacts }: Shown): Shown => ({ id, digest, title, question: asked, whatHappens: happens, cost, teamId, goalId, facts, sent, checks, tier, quorum: quorum && { need: quorum.need, of: quorum.of }, artifacts });

/**
 * Compares what a screen shows with the manifest whose bytes were hashed. Resolves to what differs, in words, or undefined.
 *
 * The digest covers the manifest alone: what a person decides on must therefore follow from it, and is said once more here,
 * by the functions that the server says it with. What does not: the team's own words, and what checks printed.
 */
export async function differenceFrom(shown: Shown, manifest: Manifest): Promise<string | undefined> {
  if (manifest.approval_id !== shown.id) return 'it is the manifest of another request';
  if (manifest.team_id !== shown.teamId || manifest.goal_id !== shown.goalId) return 'it belongs to another team or goal';
  if (manifest.title !== shown.title) return 'the title';
  if (question(manifest) !== shown.question) return 'the question';
  if (whatHappens(manifest) !== shown.whatHappens) return 'the description of what will happen';
  if (manifest.cost.amount_micros !== String(shown.cost.amountMicros) || (manifest.cost.rehearsal ?? false) !== (shown.cost.rehearsal ?? false)) return 'the cost';
  if (manifest.tier !== String(shown.tier)) return 'how much depends on it';
  if (needed(manifest.quorum && { need: Number(manifest.quorum.need), of: manifest.quorum.of }) !== needed(shown.quorum)) return 'how many must say yes';
  const key = await sha256Hex(new TextEncoder().encode(effectKeyText(manifest.approval_id)));
  if (!sameSent(shown.sent ?? undefined, sentView(manifest, key))) return 'what is sent, and to whom';
  const strange = differentFact(shown.facts, factsOf(manifest));
  if (strange !== undefined) return `the fact “${strange}”`;
  if (outcomes(shown.checks) !== outcomes(manifest.checks)) return 'the outcome of the checks';
  return differentFile(shown.artifacts, manifest);
}

const sameLines = (one: readonly Fact[], other: readonly Fact[]): boolean => one.length === other.length && one.every(({ label, value }, at) => label === other[at]!.label && value === other[at]!.value);
const sameList = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((each, at) => each === other[at]);

const needed = (quorum: Shown['quorum'] | undefined): string => (quorum && quorum.need > 1 ? `${quorum.need} ${quorum.of}` : 'one');

/** Both nothing, or the same lines around the same files. */
function sameSent(shown: SentView | undefined, signed: SentView | undefined): boolean {
  if (shown === undefined || signed === undefined) return shown === signed;
  return shown.kind === signed.kind && shown.body === signed.body && sameList(shown.attachments, signed.attachments) && sameLines(shown.lines, signed.lines);
}

/** The label of the first fact that the manifest does not give, or that is left out. */
function differentFact(shown: readonly Fact[], signed: readonly Fact[]): string | undefined {
  const strange = (facts: readonly Fact[], known: readonly Fact[]): string | undefined => facts.find(({ label, value }) => !known.some((fact) => fact.label === label && fact.value === value))?.label;
  return strange(shown, signed) ?? strange(signed, shown);
}

/** Which criteria passed and failed, in any order. */
const outcomes = (checks: readonly { readonly criterion: string; readonly passed: boolean }[]): string => checks.map(({ criterion, passed }) => `${criterion} ${passed}`).sort().join('\n');

function differentFile(shown: readonly ApprovalArtifact[], manifest: Manifest): string | undefined {
  if (shown.length !== manifest.artifacts.length || new Set(shown.map(({ id }) => id)).size !== shown.length) return 'the list of files';
  const byId = new Map(manifest.artifacts.map((artifact) => [artifact.id, artifact]));
  return shown.find((file) => {
    const signed = byId.get(file.id);
    return signed === undefined || signed.path !== file.path || signed.sha256 !== file.sha256 || signed.deleted !== file.deleted || signed.mode !== file.mode || signed.size !== String(file.size) || (signed.base?.sha256 ?? null) !== file.baseSha256;
  })?.path;
}

/** One sentence about the proof, for screens and for people who hear the page. */
export function proofWords(proof: Proof): string {
  if (proof.state === 'checking') return proof.of === 0 ? 'Reading what would be countersigned …' : `Hashing the files on this device: ${proof.checked} of ${proof.of}`;
  if (proof.state === 'matches') return `Hashed on this device: ${proof.of === 1 ? 'the file matches' : `all ${proof.of} files match`} what you would countersign`;
  if (proof.state === 'differs') return `Not what would be countersigned: ${inSight(proof.what)} differs`;
  return `This device could not check the files: ${inSight(proof.why)}`;
}
