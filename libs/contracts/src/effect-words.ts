import { shorten } from './characters.js';
import { letterDate, messageIdOf, webhookIdOf } from './effect-ids.js';
import { sentPaths, type DeliverableFile, type Effect, type EmailSendEffect, type GitPushEffect, type HttpPostEffect } from './effects.js';
import type { Fact, SentView } from './http/approvals.js';
import type { Manifest } from './http/manifest.js';

/** The server's words for an effect, each from the typed effect or the manifest alone: whoever has the manifest can say them again, and compare. */

type NamedFile = Pick<DeliverableFile, 'path' | 'size' | 'deleted'>;

const MAX_TITLE = 60;
const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const named = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Verb first, at most 60 characters. */
export function titleOf(effect: Effect, files: readonly NamedFile[]): string {
  return shorten(fullTitle(effect, counted(files.length, 'file')), MAX_TITLE);
}

function fullTitle(effect: Effect, what: string): string {
  switch (effect.kind) {
    case 'git.push':
      return `Push ${what} to ${effect.branch}`;
    case 'file.publish':
      return `Publish ${what} to ${effect.folder}`;
    case 'http.post':
      return `Post ${named(effect.body)} to ${new URL(effect.url).host}`;
    case 'email.send':
      return `E-mail ${counted(everybody(effect).length, 'person').replace('persons', 'people')}: ${effect.subject}`;
  }
}

/** What will happen, in one sentence of the server's. */
export function plainWords(effect: Effect, files: readonly NamedFile[]): string {
  switch (effect.kind) {
    case 'git.push':
      return pushWords(effect, changesIn(files));
    case 'file.publish':
      return `${changesIn(files)} will be published in the folder ${effect.folder}.`;
    case 'http.post':
      return `The ${counted(bytesIn(files), 'byte')} of ${effect.body} will be posted to ${effect.url} as ${effect.contentType}, signed, once.`;
    case 'email.send':
      return mailWords(effect, files);
  }
}

function changesIn(files: readonly NamedFile[]): string {
  const deleted = files.filter((file) => file.deleted).length;
  return counted(files.length - deleted, 'changed file') + (deleted > 0 ? ` and ${counted(deleted, 'deletion')}` : '');
}

function pushWords({ expectedHead, base, branch, remote }: GitPushEffect, what: string): string {
  const how = expectedHead === null ? 'a new branch' : 'the branch';
  return `One commit with ${what}, on top of ${base.slice(0, 10)}, will be pushed to ${how} ${branch} of ${remote}.`;
}

function mailWords(effect: EmailSendEffect, files: readonly NamedFile[]): string {
  const { from, subject, body, attachments } = effect;
  const more = attachments.length === 0 ? '' : ` and ${counted(attachments.length, 'attachment')}`;
  return `One e-mail from ${from} with the subject “${subject}”, the text of ${body}${more} (${counted(bytesIn(files), 'byte')}) will be sent to ${someOf(everybody(effect), 400)}.`;
}

const everybody = ({ to, cc }: EmailSendEffect): readonly string[] => [...to, ...cc];
const bytesIn = (files: readonly NamedFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** As many as there is room for, and how many more there are: they stand whole in the lines of what is sent. */
function someOf(names: readonly string[], room: number): string {
  let shown = names.length;
  while (shown > 1 && names.slice(0, shown).join(', ').length > room) shown--;
  const rest = names.length - shown;
  return names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

export function targetOf(effect: Effect): string {
  switch (effect.kind) {
    case 'git.push':
      return `${effect.remote} ${effect.branch}`;
    case 'file.publish':
      return effect.folder;
    case 'http.post':
      return effect.url;
    case 'email.send':
      return everybody(effect).join(', ');
  }
}

/** The typed effect of a manifest, as the gateway put it there. */
const effectIn = ({ effects: [effect] }: Manifest): Effect => ({ ...effect!.params, kind: effect!.kind }) as unknown as Effect;

export function question(manifest: Manifest): string {
  const effect = effectIn(manifest);
  const files = manifest.artifacts.length === 1 ? 'this file' : `these ${manifest.artifacts.length} files`;
  switch (effect.kind) {
    case 'git.push':
      return `May ${files} be pushed?`;
    case 'file.publish':
      return `May ${files} be published?`;
    case 'http.post':
      return `May this file be posted to ${new URL(effect.url).host}?`;
    case 'email.send':
      return 'May this e-mail be sent?';
  }
}

export const whatHappens = (manifest: Manifest): string => manifest.effects.map((effect) => effect.plain).join(' ');

const RISK = ['inside the team, reversible', 'low', 'leaves the team', 'irreversible or above a limit'];

/** Whose yes it takes, and how long it waits then; one person's, at once, needs no words. */
function quorumFacts({ quorum, policy }: Manifest): Fact[] {
  const delay = Number(policy.delay_seconds ?? 0);
  return [
    ...(quorum ? [{ label: 'Approvals needed', value: `${quorum.need} ${quorum.of === 'people' ? 'different people' : 'different devices'}` }] : []),
    ...(delay > 0 ? [{ label: 'Waits after the last yes', value: `${durationWords(delay)}; until then it can be undone` }] : []),
  ];
}

/** Whole minutes where they say it exactly. */
const durationWords = (seconds: number): string => (seconds % 60 === 0 ? counted(seconds / 60, 'minute') : counted(seconds, 'second'));

/** What the work came in touch with: together, words of a stranger's could send what is private to where he reads it. */
function taintWords({ taint }: Manifest): string {
  const met = [taint.untrusted_input ? 'text that others can write' : '', taint.private_data ? 'secrets' : ''].filter((word) => word !== '');
  return `${met.length === 0 ? 'nothing from outside' : met.join(' and ')}; ${taint.external_effect ? 'the result leaves for a place outside' : 'the result stays with you'}`;
}

/** Which agent, and how far below the one that a person started. */
const askerWords = ({ requested_by: { agent, parent_chain: above } }: Manifest): string => (above.length === 0 ? agent : `${agent}, started by ${counted(above.length, 'agent')} above it`);

/** At most eleven facts. */
export function factsOf(manifest: Manifest): Fact[] {
  const passed = manifest.checks.filter((check) => check.passed).length;
  return [
    ...placeFacts(manifest),
    { label: 'Files', value: String(manifest.artifacts.length) },
    { label: 'Checks', value: `${passed} of ${manifest.checks.length} passed` },
    { label: 'Can be undone', value: manifest.effects.every((effect) => effect.reversible) ? 'yes' : 'no' },
    { label: 'Cost so far', value: `${dollars(manifest.cost.amount_micros)}${manifest.cost.rehearsal ? ', at made-up prices of the rehearsal' : ''}` },
    { label: 'Risk', value: `tier ${manifest.tier}: ${RISK[Number(manifest.tier)] ?? 'unknown'} (policy ${manifest.policy.id} v${manifest.policy.version})` },
    { label: 'Asked by', value: askerWords(manifest) },
    { label: 'Work touched', value: taintWords(manifest) },
    ...quorumFacts(manifest),
  ];
}

/** Micro-dollars as dollars, exact to the cent; below one cent to as many digits as show that it is not nothing. */
export function dollars(micros: string): string {
  const value = BigInt(micros);
  const digits = value === 0n || value >= 10_000n ? 2 : value < 100n ? 6 : 4;
  const unit = 10n ** BigInt(6 - digits);
  const rounded = (value + unit / 2n) / unit;
  const scale = 10n ** BigInt(digits);
  return `$${rounded / scale}.${String(rounded % scale).padStart(digits, '0')}`;
}

/** Where it goes and how much of it, as facts. */
export function placeFacts(manifest: Manifest): Fact[] {
  const effect = effectIn(manifest);
  const bytes = counted(manifest.artifacts.reduce((sum, { size }) => sum + Number(size), 0), 'byte');
  switch (effect.kind) {
    case 'http.post':
      return [{ label: 'Host', value: new URL(effect.url).host }, { label: 'Sent', value: `${bytes} as ${effect.contentType}` }];
    case 'email.send':
      return [{ label: 'Recipients', value: someOf(everybody(effect), 400) }, { label: 'Sent', value: `${bytes} of text and attachments` }];
    default:
      return [{ label: 'Where to', value: manifest.effects.map(({ target }) => target).join(', ') }];
  }
}

/** What others will get, line by line, each file whole; undefined for a push, which changes what they have. `key`: the effect's (`effectKey`). */
export function sentView(manifest: Manifest, key: string): SentView | undefined {
  const effect = effectIn(manifest);
  if (effect.kind === 'git.push') return undefined;
  if (effect.kind === 'file.publish') return { kind: effect.kind, lines: [{ label: 'Folder', value: effect.folder }], body: null, attachments: [] };
  const ids = sentPaths(effect).map((path) => manifest.artifacts.find((artifact) => artifact.path === path)!.id);
  const lines = effect.kind === 'http.post' ? postLines(key, effect) : mailLines(key, manifest.created_at, effect);
  return { kind: effect.kind, lines: lines.map(([label, value]) => ({ label, value })), body: ids[0]!, attachments: ids.slice(1) };
}

const postLines = (key: string, { url, contentType }: HttpPostEffect): [string, string][] => [
  ['POST', url],
  ['Content-Type', contentType],
  ['Webhook-Id', webhookIdOf(key)],
  ['Webhook-Signature', 'over id, time and body, with the secret the operator keeps for this host'],
];

const mailLines = (key: string, createdAt: string, { from, to, cc, subject }: EmailSendEffect): [string, string][] => [
  ['From', from],
  ...to.map((address): [string, string] => ['To', address]),
  ...cc.map((address): [string, string] => ['Cc', address]),
  ['Subject', subject],
  ['Date', letterDate(new Date(createdAt))],
  ['Message-Id', messageIdOf(key, from)],
];
