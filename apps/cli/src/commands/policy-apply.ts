import { lintFile, lintTogether, type Linted } from '@countersign/contracts';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { EXIT, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { policyFilesAt, printFaults, textOf } from './policy-files.js';

const MOST_PATHS = 200;

interface Applied {
  readonly file: string;
  readonly kind: string;
  readonly id: string;
}

/** Puts a project's spawn policy and templates in force as they stand: all of them, or none where one has a fault or is missing. The policy last, so that it never names a template that is not there. */
export const apply: Command = {
  usage: '[PROJECT | FILE]…',
  summary: 'put the spawn policy and the templates of a project (.tandem/agent-team) in force as they stand',
  words: [0, MOST_PATHS],
  async run(call) {
    const files = (call.words.length === 0 ? ['.'] : call.words).flatMap(policyFilesAt);
    const texts = files.map((file) => ({ file, text: textOf(file) }));
    const missing = texts.filter(({ text }) => text === undefined);
    for (const { file } of missing) say(`${paint(31, 'error:')} there is no file ${file}; nothing was put in force`);
    if (missing.length > 0) return EXIT.notFound;
    const found = lintTogether(texts.map(({ file, text }) => lintFile(file, text!)));
    const broken = found.filter(({ faults }) => faults.length > 0);
    broken.forEach(printFaults);
    if (broken.length > 0) {
      say('nothing was put in force');
      return EXIT.failed;
    }
    const stray = found.find(({ kind }) => kind !== 'spawn-policy' && kind !== 'template');
    if (stray) throw new UsageError(`${stray.file} is a file of the kind ${stray.kind}: the gate reads it at its start`);
    const client = await signIn(call, 'gov');
    const applied: Applied[] = [];
    for (const each of found) applied.push(await put(client, each));
    output(call.global.json, applied, () => applied.forEach(({ file, kind, id }) => print(`${kind}\t${id}\t${file}`)));
    return EXIT.done;
  },
};

async function put(client: ApiClient, { file, kind, templateId, document }: Linted): Promise<Applied> {
  if (kind === 'template') await client.saveTemplate(document!);
  else await client.putPolicy(document!, (await client.policy()).etag);
  return { file, kind, id: templateId ?? kind };
}
