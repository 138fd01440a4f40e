import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { WORKER_ERROR, type ChecksRunArgs } from '@countersign/contracts/worker';
import { Folder, runBot } from '../testing/run-bot.js';
import { WorkerRefused } from '../testing/worker-host.js';
import { applyDiff, parseDiff, PatchError } from './unified-diff.js';
import { whatFailed } from './what-failed.js';

const SUM = 'export const sum = (a, b) => a - b;\n';
const files = { 'src/sum.js': SUM, 'src/other.js': 'export const other = 1;\nexport const again = 1;\n' };

/** A check that passes when `src/sum.js` adds; it remembers what it was asked. */
function checks(passes: (text: string) => boolean = (text) => text.includes('a + b')): { asked: ChecksRunArgs[]; answers: object } {
  const asked: ChecksRunArgs[] = [];
  return {
    asked,
    answers: {
      'tool/call': ({ args }: { args: ChecksRunArgs }) => {
        asked.push(args);
        const change = args.changes.find(({ path }) => path === 'src/sum.js');
        return passes(change?.text ?? (change?.deleted ? '' : SUM)) ? { exitCode: 0, outputTail: 'ok' } : { exitCode: 1, outputTail: 'not ok 1 - sum\n  at src/sum.js:1:1' };
      },
    },
  };
}

describe('patch-bot', () => {
  it('tries the candidates in order, hands in the first that passes, and says what became of each', async () => {
    await using folder = await Folder.of(files);
    const { asked, answers } = checks();
    const { result, files: put, progress } = await runBot('patch-bot', folder, {
      answers,
      options: {
        check: 'node --test',
        candidates: [
          { name: 'times', path: 'src/sum.js', find: 'a - b', replace: 'a * b' },
          { path: 'src/missing.js', find: 'x', replace: 'y' },
          { path: 'src/other.js', find: 'const', replace: 'let' },
          { name: 'times again', path: 'src/sum.js', content: SUM.replace('-', '*') },
          { name: 'plus', diff: '--- a/src/sum.js\n+++ b/src/sum.js\n@@ -1 +1 @@\n-export const sum = (a, b) => a - b;\n+export const sum = (a, b) => a + b;\n' },
          { name: 'never reached', path: 'src/sum.js', content: '' },
        ],
      },
    });
    expect(result).toMatchObject({ status: 'done', summary: 'plus makes `node --test` pass; it changes src/sum.js.', artifacts: [{ path: 'src/sum.js' }] });
    expect(put.get('src/sum.js')).toBe(SUM.replace('-', '+'));
    expect(asked.map(({ changes, command }) => [command, changes.length])).toEqual([['node --test', 0], ['node --test', 1], ['node --test', 1]]);
    expect(asked[2]!.changes[0]!.baseSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(progress).toEqual([
      'times: the check fails (exit 1): not ok 1 - sum | at src/sum.js:1:1',
      'candidate 2: not tried, src/missing.js does not exist.',
      'candidate 3: not tried, the text to find is in src/other.js more than once.',
      'times again: not tried, the same as one before.',
      'plus: the check passes.',
    ]);
  });

  it('changes nothing when the check passes already, when nothing helps and when there is nothing to try', async () => {
    await using folder = await Folder.of(files);
    const already = await runBot('patch-bot', folder, { answers: checks(() => true).answers, options: { repair: { check: 'true', candidates: [{ path: 'src/sum.js', content: '' }] } } });
    expect(already.result).toMatchObject({ status: 'done', artifacts: [], summary: '`true` passes already; nothing was changed.' });
    const useless = await runBot('patch-bot', folder, { answers: checks(() => false).answers, options: { check: 'false', candidates: [{ path: 'src/sum.js', content: '' }] } });
    expect(useless.result).toMatchObject({ status: 'failed', artifacts: [], summary: '`false` still fails: none of 1 candidates made it pass.' });
    const empty = await runBot('patch-bot', folder, { answers: checks().answers, options: { check: 'false' } });
    expect(empty.result).toMatchObject({ status: 'failed', summary: '`false` still fails: there is no candidate, and no model proposed one.' });
  });

  it('stops at the limit of candidates, however many there are', async () => {
    await using folder = await Folder.of(files);
    const { asked, answers } = checks(() => false);
    const candidates = Array.from({ length: 100 }, (_, i) => ({ path: 'src/sum.js', content: `${i}` }));
    const { result } = await runBot('patch-bot', folder, { answers, options: { check: 'x', candidates, maxCandidates: 3 } });
    expect(asked).toHaveLength(1 + 3);
    expect(result.notes).toContain('Stopped at the limit of 3 candidates.');
  });

  it('says which member of a malformed repair spec is wrong, and what the host refused', async () => {
    await using folder = await Folder.of(files);
    const summary = async (options: Record<string, unknown>, answers = checks().answers): Promise<string> => (await runBot('patch-bot', folder, { answers, options })).result.summary;
    expect(await summary({})).toBe('options.check: the command that must pass is missing');
    expect(await summary({ check: 'x', candidates: {} })).toBe('options.candidates: not a list');
    expect(await summary({ check: 'x', candidates: [{ path: 'a' }] })).toBe('candidate 1: an edit of a needs find and replace, content, or deleted');
    const refusing = { 'tool/call': () => Promise.reject(new WorkerRefused({ code: WORKER_ERROR.budgetExhausted, message: 'no tool calls left' })) };
    expect(await summary({ check: 'x' }, refusing)).toBe('The host refused: tool/call: no tool calls left');
  });

  it('asks a configured model, shows it the failure and the files it names, and tries again with what it learnt', async () => {
    await using folder = await Folder.of(files);
    const prompts: string[] = [];
    const proposals = [{ candidates: [{ name: 'wrong', edits: [{ path: 'src/sum.js', find: 'a - b', replace: 'b - a' }] }, { nonsense: true }] }, { candidates: [{ name: 'right', edits: [{ path: 'src/sum.js', find: '-', replace: '+' }] }] }];
    const complete = ({ messages }: { messages: { content: string }[] }): object => {
      prompts.push(messages[1]!.content);
      return { text: '', json: proposals[prompts.length - 1], model: { provider: 'x', id: 'y' }, finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, usdMicros: 1, source: 'provider' } };
    };
    const { result } = await runBot('patch-bot', folder, { answers: { ...checks().answers, 'model/complete': complete } as never, model: { provider: 'openai', id: 'm' }, options: { check: 'node --test' } });
    expect(result).toMatchObject({ status: 'done', summary: 'right makes `node --test` pass; it changes src/sum.js.' });
    expect(prompts).toHaveLength(2);
    expect(prompts[0]).toContain(`--- src/sum.js\n${SUM}`);
    expect(prompts[1]).toContain('wrong: the check fails');
  });
});

describe('unified diffs', () => {
  const text = 'one\ntwo\nthree\nfour\nfive\nsix\n';
  const apply = (diff: string, on = text): string => applyDiff(on, parseDiff(diff)[0]!);
  const header = '--- a/x\n+++ b/x\n';

  it('apply where they say, or at the nearest place where they fit exactly', () => {
    expect(apply(`${header}@@ -2,2 +2,3 @@\n two\n+and\n three\n`)).toBe(text.replace('two\n', 'two\nand\n'));
    expect(apply(`${header}@@ -9,2 +9,1 @@\n-five\n six\n`)).toBe(text.replace('five\n', ''));
    expect(apply(`${header}@@ -1 +1 @@\n-one\n+1\n@@ -6 +6 @@\n-six\n+6\n`)).toBe(text.replace('one', '1').replace('six', '6'));
    expect(apply(`${header}@@ -2 +2 @@\n-two\n+2\n`, text.replaceAll('\n', '\r\n'))).toBe(text.replace('two', '2').replaceAll('\n', '\r\n'));
    expect(apply(`${header}@@ -6 +6 @@\n-six\n+6\n\\ No newline at end of file\n`)).toBe(text.replace('six\n', '6'));
    expect(apply('--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n', '')).toBe('a\nb\n');
  });

  it('are refused when they do not fit, fit twice or are malformed', () => {
    for (const diff of [`${header}@@ -2 +2 @@\n-zwei\n+2\n`, header, 'nothing', `${header}@@ nonsense @@\n`, `${header}@@ -1,5 +1,1 @@\n-one\n`, `${header}@@ -1 +1 @@\n?one\n`]) {
      expect(() => apply(diff)).toThrow(PatchError);
    }
    expect(() => apply(`${header}@@ -3 +3 @@\n-x\n+y\n`, 'x\nx\na\nb\nx\n'.replace('x\nx\na', 'a\nx\na'))).not.toThrow();
    expect(() => apply(`${header}@@ -3 +3 @@\n-x\n+y\n`, 'a\nx\na\nx\na\n')).toThrow('fits in several places');
  });

  it('turn any text into any other', () => {
    const someText = fc.array(fc.constantFrom('', 'a', 'b', 'c d', '-x', '+y', '@@'), { maxLength: 12 }).map((lines) => lines.map((line) => `${line}\n`).join(''));
    fc.assert(
      fc.property(someText, someText, (before, after) => {
        const [old, fresh] = [before, after].map((t) => t.split('\n').slice(0, -1)) as [string[], string[]];
        fc.pre(old.length + fresh.length > 0);
        const diff = `${header}@@ -${old.length === 0 ? 0 : 1},${old.length} +1,${fresh.length} @@\n${old.map((line) => `-${line}\n`).join('')}${fresh.map((line) => `+${line}\n`).join('')}`;
        expect(apply(diff, before)).toBe(after);
      }),
    );
  });

  it('says of a failed check what its error says, not how its report ends', () => {
    const report = "✖ a discount (1.2ms)\n  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:\n\n  90 !== 81\n\n      at test.js:4:1 {\n    operator: 'strictEqual',\n    diff: 'simple'\n  }\n";
    expect(whatFailed(report)).toBe('AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: | 90 !== 81 | at test.js:4:1 {');
    expect([whatFailed('one\ntwo\n\nthree\nfour\n'), whatFailed(' \n')]).toEqual(['two | three | four', 'no output']);
  });
});
