import { idInBundle, lintFile, violationLine, type BundleChangeView, type BundleDraftView, type BundlePublished, type FileViolation, type Linted } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { ApiError } from '../api/api-error.js';
import type { ApiClient, Versioned } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, integerFlag, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { printFaults, textOf } from './policy-files.js';

const USUAL = 'gov';
const MOST_VERSIONS = 100_000;

/** A file becomes the draft of its bundle; with `--publish` it is reviewed and published in the same go. */
export const apply: Command = {
  usage: 'FILE [--publish "why"]',
  summary: 'makes a bundle file the draft of its bundle and says what it changes; with --publish it is reviewed and published too',
  options: { publish: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [file = ''] = call.words;
    const why = textFlag(call, 'publish');
    const text = textOf(file);
    if (text === undefined) {
      say(`${paint(31, 'error:')} there is no file ${file}`);
      return EXIT.notFound;
    }
    const linted = lintFile(file, text, 'bundle');
    const id = idInBundle(text);
    if (id === undefined) {
      if (call.global.json) console.log(JSON.stringify({ faults: linted.faults }));
      else printFaults(linted);
      if (!call.global.json) say('  Nothing was sent: of which bundle it would be the draft cannot be read.');
      return EXIT.failed;
    }
    const sent = async () => {
      const client = await signIn(call, USUAL);
      return { client, draft: withFaults(await stored(client, id, text), linted) };
    };
    const { client, draft } = await sent().catch((error: unknown) => {
      if (linted.faults.length > 0 && !call.global.json) printFaults(linted); // what is known is said, whatever keeps the platform from answering
      throw error;
    });
    if (draft.value.faults.length > 0 || why === undefined) {
      output(call.global.json, draft.value, (view) => printDraft(view, file));
      return draft.value.faults.length > 0 ? EXIT.failed : EXIT.done;
    }
    if (!call.global.json) printDraft(draft.value, file);
    await client.reviewBundle(id, draft.etag);
    output(call.global.json, await client.publishBundle(id, why, draft.etag), printPublished);
    return EXIT.done;
  },
};

/** The file's own faults and the platform's together, each once, from the top: who mends them sees all. */
function withFaults({ value, etag }: Versioned<BundleDraftView>, { faults: own }: Linted): Versioned<BundleDraftView> {
  const told = new Set(value.faults.map(placeOf));
  const more = own.filter((fault) => !told.has(placeOf(fault))).map(({ file: _, ...fault }) => fault);
  return { value: { ...value, faults: [...value.faults, ...more].sort((a, b) => a.line - b.line || a.column - b.column) }, etag };
}
const placeOf = ({ line, column, rule }: Pick<FileViolation, 'line' | 'column' | 'rule'>): string => `${line}:${column} ${rule}`;

/** The one draft there is of a bundle, with this text. */
async function stored(client: ApiClient, id: string, text: string): Promise<Versioned<BundleDraftView>> {
  const standing = await client.bundleDraft(id).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'not_found') return undefined;
    throw error;
  });
  if (standing === undefined) await client.beginBundle({ text });
  else if (standing.value.text !== text) await client.changeBundleDraft(id, { text }, standing.etag);
  return client.bundleDraft(id);
}

export const draft: Command = {
  usage: '[BUNDLE]',
  summary: 'drafts there are; of one its faults, what it changes for the customer, and its price',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const [id] = call.words;
    if (id === undefined) output(call.global.json, await client.bundleDrafts(), (drafts) => printTable(['BUNDLE', 'CHANGED', 'REVIEWED'], drafts.map((each) => [each.id, each.editedAt, each.reviewed ? 'yes' : 'no'])));
    else output(call.global.json, (await client.bundleDraft(id)).value, (view) => printDraft(view, id));
    return EXIT.done;
  },
};

export const review: Command = {
  usage: 'BUNDLE',
  summary: 'puts on record that you have looked at what the draft changes; it can be published then',
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const [id = ''] = call.words;
    const { value, etag } = await client.bundleDraft(id);
    if (!call.global.json) printDraft(value, id);
    output(call.global.json, await client.reviewBundle(id, etag), () => say(`${paint(32, '✓')} reviewed; next: countersign bundle publish ${id} --comment "…"`));
    return EXIT.done;
  },
};

export const publish: Command = {
  usage: 'BUNDLE --comment "why"',
  summary: 'publishes a reviewed draft; teams that run keep their version',
  options: { comment: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const comment = textFlag(call, 'comment');
    if (!comment) throw new UsageError('why? it is on record', '--comment "…"');
    const client = await signIn(call, USUAL);
    const [id = ''] = call.words;
    const { etag } = await client.bundleDraft(id);
    output(call.global.json, await client.publishBundle(id, comment, etag), printPublished);
    return EXIT.done;
  },
};

export const rollback: Command = {
  usage: 'BUNDLE --to VERSION --reason "why"',
  summary: 'publishes an older version again, under the next number',
  options: { to: { type: 'string' }, reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const version = integerFlag(call, 'to', { min: 1, max: MOST_VERSIONS });
    const reason = textFlag(call, 'reason');
    if (version === undefined || !reason) throw new UsageError('to which version, and why?', '--to VERSION --reason "…"');
    const [id = ''] = call.words;
    output(call.global.json, await (await signIn(call, USUAL)).rollBackBundle(id, { version, reason }), printPublished);
    return EXIT.done;
  },
};

export const drop: Command = {
  usage: 'BUNDLE',
  summary: 'throws the draft of a bundle away',
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const [id = ''] = call.words;
    await client.dropBundleDraft(id, (await client.bundleDraft(id)).etag);
    if (!call.global.json) say(`${paint(32, '✓')} the draft of ${id} is gone`);
    return EXIT.done;
  },
};

const SIGN: Readonly<Record<BundleChangeView['weight'], string>> = { wider: paint(33, '↑'), narrower: paint(36, '↓'), other: '·' };

/** Mistakes first, each at its place in the file; then what is different for the customer. */
function printDraft({ id, replaces, faults, changes, certification, quote, reviewed }: BundleDraftView, file: string): void {
  for (const fault of faults) print(violationLine({ file, ...fault }));
  for (const { aspect, weight, words } of changes) print(`${SIGN[weight]} ${aspect}\t${words}`);
  if (changes.length === 0 && faults.length === 0) print('nothing is different for the customer');
  if (certification) {
    for (const why of Object.values(certification.criteria).flat()) print(`! goes further\t${why}`);
    for (const lack of certification.lacks) print(`! not certifiable\t${lack}`);
    if (certification.reviews.length > 0) say(`  its certification waits for ${certification.reviews.join(' and ')}`);
  }
  if (quote) say(`  ${moneyWords(quote.monthly)} a month`);
  say(`  ${id}: ${replaces === 0 ? 'the first version' : `replaces version ${replaces}`}, ${faults.length > 0 ? paint(31, `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`) : reviewed ? 'reviewed' : `not reviewed yet: countersign bundle review ${id}`}`);
}

const printPublished = ({ id, version, sha256 }: BundlePublished): void => print(`${id}\t${version}\t${sha256}`);
