import { digestWords, type ApprovalDetail, type ApprovalThread, type SettledEffectView, type ThreadItem } from '@countersign/contracts';
import { SETTLEMENTS } from '@countersign/contracts/states';
import { asSent, costWords, counted, filesTitle, modeWords, sentPart } from '@countersign/view';
import { paint } from '../../../../scripts/lib/report.mjs';
import type { ReadFile } from '../api/proven.js';
import { unifiedDiff } from './diff.js';
import { printFacts } from './table.js';
import { stateWord } from './words.js';
import { print } from './print.js';

/** Shows an approval as it should be read before deciding: what will happen first, the agent's own words last. The files are those that were hashed. */
export function printApproval(approval: ApprovalDetail, files: readonly ReadFile[]): void {
  print(`${paint(1, approval.question)}\n${approval.whatHappens}\n`);
  printFacts([
    ['state', stateWord(approval.state)],
    ...waitLines(approval),
    ...approval.facts.map(({ label, value }): [string, string] => [label, value]),
    ['cost so far', costWords(approval.cost)],
    ['due', `${approval.dueAt}; no answer means it ${approval.onTimeout}s`],
    ['digest', `${digestWords(approval.digest)}  ${approval.digest}`],
    ...(approval.effect ? effectLines(approval.id, approval.effect) : []),
    ...approval.checks.map(({ criterion, passed }): [string, string] => ['check', `${passed ? paint(32, '✓') : paint(31, '✗')} ${criterion}`]),
  ]);
  if (approval.sent) {
    print(`\n${paint(1, filesTitle(approval).toLowerCase())}`);
    printFacts(approval.sent.lines.map(({ label, value }): [string, string] => [label, value]));
  }
  for (const { file } of asSent(approval.sent, files.map((file) => ({ id: file.artifact.id, file })))) printFile(file, approval.sent);
  if (approval.agentSays) print(`\n${paint(2, 'the agent says')}\n${approval.agentSays.replaceAll(/^/gm, '> ')}`);
}

const SAID: Readonly<Record<ThreadItem['kind'], string>> = { question: 'asks', answer: 'answers', deferred: 'put it off', escalated: 'escalated it', changes_requested: 'requested changes', denied: 'denied it' };

/** What was said about it and its earlier versions; an agent's words quoted as such. */
export function printThread({ items }: ApprovalThread): void {
  if (items.length > 0) print(`\n${paint(1, 'what was said')}`);
  for (const { kind, by, at, revision, fromAgent, until, text, comments } of items) {
    print(`${by}${fromAgent ? ' (an agent)' : ''} ${SAID[kind]}${until ? ` until ${until}` : ''}  ${paint(2, `${at}, version ${revision}`)}`);
    if (text) print(text.replaceAll(/^/gm, fromAgent ? '> ' : '  '));
    for (const comment of comments) print(`  ${comment.path}:${comment.line}${comment.side === 'before' ? ' as it was' : ''}  ${paint(2, comment.quote.trim())}\n    ${comment.text}`);
  }
}

/** Who has said yes where several must, and until when a decision can be taken back. */
function waitLines({ id, state, quorum, heldFor, effectiveAt }: ApprovalDetail): [string, string][] {
  const yes = quorum?.yes.map(({ by }) => by).join(', ');
  return [
    ...(quorum ? [['yes', `${quorum.yes.length} of ${quorum.need}${yes ? ` · ${yes}` : ''}`] as [string, string]] : []),
    ...(state === 'held' ? [['held', `becomes ${stateWord(heldFor!)} at ${effectiveAt}; take it back: countersign approvals undo ${id}`] as [string, string]] : []),
  ];
}

/** What became of an approved effect; of an unknown one, how it is ended and by whom. */
export function effectLines(approvalId: string, { kind, state, code, receipt, settlement }: SettledEffectView): [string, string][] {
  const outcome = [kind, stateWord(state), ...(code ? [`(${code})`] : []), ...(receipt ? [JSON.stringify(receipt)] : [])].join(' ');
  const how = settlement?.how === 'word' ? 'on the word of' : 'looked at again for';
  return [
    ['effect', outcome],
    ...(settlement ? [['settled', `${how} ${settlement.by ?? 'a governor'}, ${settlement.at}${settlement.reason ? `: ${settlement.reason}` : ''}`] as [string, string]] : []),
    ...(state === 'unknown' ? [['settle', `a governor of the customer or of the platform: countersign approvals settle ${approvalId} --outcome ${SETTLEMENTS.join('|')} --reason "…"`] as [string, string]] : []),
  ];
}

function printFile({ artifact, after, before, fits, baseGone }: ReadFile, sent: ApprovalDetail['sent']): void {
  const wrong = baseGone ? `what stood there is not kept any more${artifact.deleted ? '' : ': this is all of the file as it would be'}` : 'these bytes do not have the hash that would be approved';
  const said = [sentPart(sent, artifact.id)?.toLowerCase(), artifact.deleted ? 'deleted' : modeWords(artifact)].filter((words) => words !== undefined);
  print(`\n${paint(1, artifact.path)}${said.map((words) => ` (${words})`).join('')}  ${fits ? paint(32, '✓ sha256') : paint(31, `✗ ${wrong}`)}`);
  const [old, text] = [textOf(before), textOf(after)];
  // what others get, as it stands
  if (sent || baseGone) return print(text ?? `${counted(after.length, 'byte')}, no text`);
  if (old === undefined || text === undefined) return print(`${counted(before.length, 'byte')} before and ${counted(after.length, 'byte')} after, no text`);
  for (const line of unifiedDiff(old, text)) print(coloured(line));
}

/** Undefined where the bytes are no text: read as one, two that differ could look the same. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function coloured(line: string): string {
  if (line.startsWith('+')) return paint(32, line);
  if (line.startsWith('-')) return paint(31, line);
  return line.startsWith('@@') ? paint(36, line) : line;
}
