import { describe, it } from 'node:test';
import { createHash } from 'node:crypto';
import { expect } from 'expect';
import { WORKER_ERROR } from '@countersign/contracts/worker';
import { Folder, runBot } from '../testing/run-bot.js';
import { WorkerRefused } from '../testing/worker-host.js';

const PARSE = 'export function parse(text) {\r\n  return text.trim();\r\n}\r\n';
const files = {
  'package.json': '{"name":"sample"}',
  'src/parse.js': PARSE,
  'src/done.ts': '/** Done. */\nexport const done = true;\n',
  'src/flow.js': '// @flow\nexport const f = (a: string) => a;\n',
  'src/parse.test.js': 'export const helper = 1;\n',
  'dist/parse.js': PARSE,
  'node_modules/x/index.js': PARSE,
  'src/vendor.min.js': PARSE,
  'types/a.d.ts': 'export declare const a: number;\n',
};
const model = { provider: 'openai', id: 'm' };

describe('doc-bot', () => {
  it('documents the sources of a repository and leaves tests, builds, declarations and dependencies alone', async () => {
    await using folder = await Folder.of(files);
    const { result, files: put, progress } = await runBot('doc-bot', folder);
    expect(put).toEqual(new Map([['src/parse.js', `/**\r\n * Parses \`text\`.\r\n *\r\n * @param text - The text to parse.\r\n * @returns {string} The parsed text.\r\n */\r\n${PARSE}`]]));
    expect(result).toMatchObject({ status: 'done', summary: 'Added 1 doc comment in 1 file; only comment lines were inserted.' });
    expect(result.notes).toEqual([expect.stringMatching(/^src\/flow\.js does not parse: line 2: .*; left as it is\.$/)]);
    expect(progress).toEqual(['src/parse.js: 1 doc comment']);
    for (const [path, text] of put) await folder.write(path, text);
    expect((await runBot('doc-bot', folder)).result).toMatchObject({ status: 'done', artifacts: [], summary: 'Every exported declaration in scope already has a doc comment.' });
  });

  it('names the text it started from, so that a changed file is noticed, and keeps to the files it was given', async () => {
    await using folder = await Folder.of({ ...files, 'lib/other.js': PARSE });
    const bases: (string | undefined)[] = [];
    const answers = { 'artifact/put': ({ path, baseSha256 }: { path: string; baseSha256?: string }) => (bases.push(baseSha256), { path }) };
    const { files: put } = await runBot('doc-bot', folder, { answers, files: ['lib/other.js', 'lib/missing.js', 'README.md'] });
    expect([...put.keys()]).toEqual(['lib/other.js']);
    expect(bases).toEqual([createHash('sha256').update(PARSE).digest('hex')]);
  });

  it('says no types in a project that checks its JavaScript', async () => {
    await using folder = await Folder.of({ 'tsconfig.json': '{ "compilerOptions": { "checkJs": true, /* yes */ }, }', 'src/parse.js': PARSE });
    expect((await runBot('doc-bot', folder)).files.get('src/parse.js')).toContain('@returns The parsed text.');
  });

  it('uses the words of a configured model, but neither its tags nor anything that would end the comment', async () => {
    await using folder = await Folder.of({ 'src/parse.js': PARSE, 'src/sum.js': 'export const sum = (a, b) => a + b;\n' });
    const prompts: string[] = [];
    const complete = ({ messages }: { messages: { content: string }[] }): object => {
      prompts.push(messages[1]!.content);
      const doc = { id: 0, summary: 'Reads a document from its text form', params: { text: 'The document, as UTF-8 text', b: '*/ alert()' }, returns: '@private' };
      return { text: '', json: { docs: [doc, { id: 'x' }, null] }, model, finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, usdMicros: 1, source: 'provider' } };
    };
    const { files: put } = await runBot('doc-bot', folder, { answers: { 'model/complete': complete } as never, model, round: 2, notes: ['say what kind of text'] });
    expect(put.get('src/parse.js')).toContain('/**\r\n * Reads a document from its text form.\r\n *\r\n * @param text - The document, as UTF-8 text.\r\n * @returns {string} The parsed text.\r\n */');
    expect(put.get('src/sum.js')).toContain(' * @param b - The second value.');
    expect(prompts[0]).toContain('say what kind of text');
  });

  it('falls back to what the code says when the model is refused, and says so', async () => {
    await using folder = await Folder.of({ 'src/parse.js': PARSE });
    const answers = { 'model/complete': () => Promise.reject(new WorkerRefused({ code: WORKER_ERROR.budgetExhausted, message: 'no money left' })) };
    const { result, files: put } = await runBot('doc-bot', folder, { answers, model });
    expect(put.get('src/parse.js')).toContain('Parses `text`.');
    expect(result.notes).toEqual(['src/parse.js: the model could not be used (model/complete: no money left); the comments follow from the code alone, and no model is asked any more.']);
  });

  it('is honest about reviews it cannot take up, and stops where a draft gets too large to review', async () => {
    await using folder = await Folder.of({ 'a.js': PARSE, 'b.js': PARSE, 'c.js': PARSE });
    const { result } = await runBot('doc-bot', folder, { round: 2, notes: ['write better'], options: { maxFiles: 2 } });
    expect(result.artifacts.map(({ path }) => path)).toEqual(['a.js', 'b.js']);
    expect(result.notes).toEqual(['No model is configured: the comments follow from the code alone and are the same as before the review.', 'Stopped after 2 files; 1 more were not looked at.']);
  });
});
