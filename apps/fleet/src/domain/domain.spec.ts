import { RefusedError } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { isArtifactPath, putFile } from './artifacts.js';
import { explain, MAX_CHECK_TEXT, missingPackage } from './explain-output.js';
import { afterYes, LEASE_LOST, mustStop, type Around } from './must-stop.js';
import { redact } from './redact.js';
import { MAX_TRIES, whyGivenUp, worthAnotherTry } from './another-try.js';
import { afterRun, INSTANCE_AFTER, MAX_FAILURES } from './run-ended.js';
import { hasRoom } from './room.js';
import { draw, drawTime, openSlice, sumOf, timeToWait, withGiven } from './slice.js';
import { plainWords, suiteCommand } from './suite-command.js';

describe('what a worker may draw and put', () => {
  it('is smaller by what children hold of it, however often it is told', () => {
    const whole = draw(openSlice({ tool_calls: 10, steps: 5, ms: 1_000 }), 'tool_calls', 4)!;
    const given = sumOf([{ tool_calls: 3, ms: 400 }, { ms: 100, tokens: 7 }, {}]);
    expect(given).toEqual({ tokens: 7, tool_calls: 3, ms: 500 });
    const less = withGiven(withGiven(whole, given), given);
    expect(less).toEqual({ granted: { tool_calls: 7, steps: 5, ms: 500, tokens: 0 }, given, drawn: { tool_calls: 4 } });
    expect(draw(less, 'tool_calls', 3)).toBeDefined();
    expect(draw(less, 'tool_calls', 4)).toBeUndefined();
    expect(withGiven(less, {}).granted).toMatchObject({ tool_calls: 10, steps: 5, ms: 1_000 });
    expect(draw(withGiven(less, { tool_calls: 99 }), 'tool_calls', 1)).toBeUndefined();
  });

  it('never draws more than the slice holds, and a refused draw takes nothing', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.array(fc.nat(20)), (granted, amounts) => {
        let slice = openSlice({ tool_calls: granted });
        for (const amount of amounts) {
          const next = draw(slice, 'tool_calls', amount);
          if (next === undefined) expect((slice.drawn.tool_calls ?? 0) + amount).toBeGreaterThan(granted);
          slice = next ?? slice;
        }
        expect(slice.drawn.tool_calls ?? 0).toBeLessThanOrEqual(granted);
      }),
    );
    expect(draw(openSlice({}), 'steps', 1)).toBeUndefined();
    expect(drawTime(openSlice({ ms: 100 }), 250.2).drawn).toEqual({ ms: 100 });
  });

  it('counts a draw on one unit against no other, and time only up to what was granted', () => {
    const slice = draw(openSlice({ tool_calls: 1, steps: 2, ms: 10 }), 'steps', 2)!;
    expect(slice.drawn).toEqual({ steps: 2 });
    expect(draw(slice, 'tool_calls', 1)?.drawn).toEqual({ steps: 2, tool_calls: 1 });
    expect(draw(slice, 'steps', 1)).toBeUndefined();
    expect(drawTime(slice, 3.2).drawn).toEqual({ steps: 2, ms: 4 });
    expect(drawTime(openSlice({}), 99).drawn).toEqual({ ms: 0 });
  });

  it('has room beside who only waits for an answer, once over', () => {
    expect([[0, 0], [2, 0], [2, 1], [3, 2], [4, 2], [4, 4], [1, 0]].map(([active, waiting]) => hasRoom({ active: active!, waiting: waiting! }, 2))).toEqual([true, false, true, true, false, false, true]);
  });

  it('waits for an answer no longer than leaves time to do something with it', () => {
    expect([timeToWait(100_000, 20_000), timeToWait(100_000, 100_000), timeToWait(100_000, 200_000), timeToWait(undefined, 0)]).toEqual([60_000, 0, 0, 0]);
  });

  it('takes only plain relative paths outside .git', () => {
    for (const path of ['a', 'src/a.ts', '.github/x.yml', 'ünï/ö.md', '..a/b']) expect([path, isArtifactPath(path)]).toEqual([path, true]);
    for (const path of ['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', '.git/config', 'a/.GIT/hooks', 'a\\b', 'a\0b', 'a\nb', '\u202egnp.exe', 'x'.repeat(401), `a/${'x'.repeat(256)}`, '\u6f22'.repeat(86)]) expect([path, isArtifactPath(path)]).toEqual([path, false]);
  });

  it('keeps the last put of a path, and nothing of a refused one', () => {
    const first = putFile(new Map(), { path: 'a', text: 'one' });
    if (!first.ok) throw new Error(first.message);
    const second = putFile(first.files, { path: 'a', text: 'two' });
    expect(second.ok && [...second.files.values()].map(({ content }) => content?.toString())).toEqual(['two']);
    expect(putFile(first.files, { path: 'a', text: 'x', deleted: true })).toMatchObject({ ok: false, code: 'content_missing' });
    const limits = { maxFiles: 1, maxFileBytes: 4, maxTotalBytes: 5 };
    expect(putFile(first.files, { path: 'b', text: 'x' }, limits)).toMatchObject({ code: 'too_many' });
    expect(putFile(first.files, { path: 'a', text: '12345' }, limits)).toMatchObject({ code: 'too_large' });
    expect(putFile(first.files, { path: 'b', text: '123' }, { ...limits, maxFiles: 2 })).toMatchObject({ code: 'too_large' });
    expect(putFile(first.files, { path: '../a', text: 'x' })).toMatchObject({ code: 'path_refused' });
    expect(putFile(first.files, { path: 'a' })).toMatchObject({ code: 'content_missing' });
    expect(first.files.size).toBe(1);
  });

  it('knows a file by the bytes it was given, text or base64, and a removal by no bytes', () => {
    const put = (over: object) => { const outcome = putFile(new Map(), { path: 'a', ...over }); return outcome.ok && [outcome.file.content?.toString('utf8') ?? null, outcome.file.mediaType, outcome.file.sha256.slice(0, 8)]; };
    expect(put({ text: 'ü' })).toEqual(['ü', 'text/plain', '607474ca']);
    expect(put({ contentBase64: 'w7w=', mediaType: 'text/x' })).toEqual(['ü', 'text/x', '607474ca']);
    expect(put({ deleted: true })).toEqual([null, 'text/plain', 'e3b0c442']);
    expect(put({ text: '' })).toEqual(['', 'text/plain', 'e3b0c442']);
  });

  it('takes credentials out of what is logged', () => {
    const lines = ['key sk-abcdefghijklmnop1234', 'Authorization eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc', 'password = "hunter2hunter2"', 'AKIAABCDEFGHIJKLMNOP', 'plain words stay'];
    expect(redact('-----BEGIN RSA PRIVATE KEY-----\nMIIE\n')).toBe('[redacted]');
    expect(redact('{"api_key":"0123456789"}, token: abc')).toBe('{"api_key":"[redacted]"}, token: abc');
    expect(redact('a\0b')).toBe('ab');
    expect(lines.map(redact)).toEqual(['key [redacted]', 'Authorization [redacted]', 'password = "[redacted]"', '[redacted]', 'plain words stay']);
  });
});

describe('how a run ends', () => {
  const around = (over: Partial<Around> = {}): Around => ({ leaseHeld: true, teamState: 'active', epoch: 3, taskState: 'in_progress', taskRound: 1, goalPaused: false, instanceState: 'running', instanceReason: null, leftMs: null, ...over });
  const run = { epoch: 3, round: 1 };

  it('is by its yes where its member has agreed to end, but for what its team or task took away', () => {
    const ends = (['goal_paused', 'instance_cancelled', 'task_withdrawn', 'team_suspended', 'cancelled_by_person'] as const).map((code) => afterYes({ kind: 'stopped', code, detail: 'as said' }));
    expect(ends.map(({ code, detail }) => [code, detail])).toEqual([...[1, 2].map(() => ['cancelled_by_person', 'the member agreed to end']), ...['task_withdrawn', 'team_suspended', 'cancelled_by_person'].map((code) => [code, 'as said'])]);
    for (const code of ['supervisor_lost', 'lease_lost', 'worker_failed', 'budget_exhausted']) expect(afterYes({ kind: 'failed', code, detail: '' })).toMatchObject({ kind: 'stopped', code: 'cancelled_by_person' });
  });

  it('goes on while the rows agree, and stops for each thing that changed', () => {
    expect([0, 10_000, 10_001].map((leftMs) => mustStop(run, around({ leftMs }))?.detail)).toEqual([undefined, undefined, 'the member agreed to end']);
    expect(mustStop(run, around())).toBeUndefined();
    expect(mustStop(run, around({ instanceState: null }))).toBeUndefined();
    const ends = [around({ leaseHeld: false }), around({ teamState: 'suspended' }), around({ epoch: 4 }), around({ taskState: 'cancelled' }), around({ taskRound: 2 }), around({ goalPaused: true, instanceState: 'cancelled' }), around({ instanceState: 'failed' }), around({ instanceState: 'cancelled', instanceReason: 'max_duration_ms' }), around({ instanceState: 'cancelled', instanceReason: 'cancelled_by_person' })];
    expect(mustStop(run, around({ leaseHeld: false, teamState: 'suspended' }))).toBe(LEASE_LOST);
    for (const taskState of ['blocked', 'done', 'todo']) expect(mustStop(run, around({ taskState }))?.code).toBe('task_withdrawn');
    expect(['assigned', 'review'].map((taskState) => mustStop(run, around({ taskState })))).toEqual([undefined, undefined]);
    expect(ends.map((now) => mustStop(run, now)?.code)).toEqual(['lease_lost', 'team_suspended', 'team_suspended', 'task_withdrawn', 'task_withdrawn', 'goal_paused', 'budget_exhausted', 'instance_cancelled', 'cancelled_by_person']);
  });

  it('keeps the round open over a pause, however many failures there were, and not over a cancellation', () => {
    for (const failed of [0, MAX_FAILURES, MAX_FAILURES + 5]) expect(afterRun({ kind: 'stopped', code: 'goal_paused', detail: '' }, failed)).toEqual({ state: 'stopped', retry: true });
    expect(mustStop(run, around({ goalPaused: true, taskState: 'cancelled' }))?.code).toBe('task_withdrawn');
  });

  it('tries again after a crash of ours, three times at most, and never after the worker failed by itself', () => {
    const lost = { kind: 'failed', code: 'supervisor_lost', detail: '' } as const;
    expect([0, 1, MAX_FAILURES - 1].map((failed) => afterRun(lost, failed).retry)).toEqual([true, true, false]);
    for (const code of ['lease_lost', 'worker_start', 'gate_unreachable']) expect([code, afterRun({ kind: 'failed', code, detail: '' }, 0).retry]).toEqual([code, true]);
    for (const code of ['worker_flood', 'worker_silent', 'worker_exit', 'worker_timeout', 'worker_failed', 'budget_exhausted', 'agent_unknown', 'base_missing', 'team_full']) expect([code, afterRun({ kind: 'failed', code, detail: '' }, 0).retry]).toEqual([code, false]);
    expect(afterRun({ kind: 'failed', code: 'worker_garbage', detail: '' }, 0)).toEqual({ state: 'failed', retry: false });
    expect(afterRun({ kind: 'submitted' }, 0)).toEqual({ state: 'submitted', retry: false });
    expect(afterRun({ kind: 'stopped', code: 'team_suspended', detail: '' }, 0)).toEqual({ state: 'stopped', retry: false });
    expect(INSTANCE_AFTER).toEqual({ submitted: 'completed', stopped: 'cancelled', failed: 'failed' });
  });
});

describe('what goes wrong with a draft', () => {
  it('is tried again a few times and never without end; a refusal is final', () => {
    const broken = Object.assign(new Error("ENAMETOOLONG: name too long, open '/srv/work/x'"), { code: 'ENAMETOOLONG' });
    expect([1, MAX_TRIES - 1, MAX_TRIES, MAX_TRIES + 1].map((tries) => worthAnotherTry(broken, tries))).toEqual([true, true, false, false]);
    const refused = new RefusedError('mirror_missing', 'there is no mirror demo');
    expect(worthAnotherTry(refused, 1)).toBe(false);
    expect([whyGivenUp(broken), whyGivenUp(refused), whyGivenUp(new TypeError('x'))]).toEqual(['it failed 3 times (ENAMETOOLONG)', 'there is no mirror demo', 'it failed 3 times (TypeError)']);
  });
});

describe("how a repository's suite is run", () => {
  const script = (test: string) => suiteCommand({ scripts: { test } });

  it('runs the known runners by their entry file, without npm or a shell', () => {
    expect(script('node --test')).toEqual({ framework: 'node:test', argv: ['node', '--test'] });
    expect(script("node --test 'test/a b.js'")?.argv).toEqual(['node', '--test', 'test/a b.js']);
    expect(script('jest --coverage')).toEqual({ framework: 'jest', argv: ['node', 'node_modules/jest/bin/jest.js', '--coverage', '--ci', '--maxWorkers=2'] });
    expect(script('vitest')?.argv.slice(0, 3)).toEqual(['node', 'node_modules/vitest/vitest.mjs', 'run']);
    expect(script('npx --no-install jest')).toEqual(script('jest'));
    expect(script('npx tsc && npx vitest')?.argv).toEqual(['/bin/sh', '-c', 'tsc && vitest']);
  });

  it('gives what needs a shell to the sandbox, and knows when there is no suite', () => {
    expect(script('node --test && echo done')?.argv).toEqual(['/bin/sh', '-c', 'node --test && echo done']);
    expect(script('tap test/*.js')?.framework).toBe('other');
    expect(suiteCommand({})).toBeUndefined();
    expect(script('echo "Error: no test specified" && exit 1')).toBeUndefined();
  });

  it('splits only what every shell would split the same way', () => {
    for (const command of ['a | b', 'a; b', 'a > b', 'a $B', 'a `b`', 'a *.js', 'A=1 b', 'a ~/b', 'a\nb']) expect([command, plainWords(command)]).toEqual([command, undefined]);
    expect(plainWords(`a "b c" 'd;e' f`)).toEqual(['a', 'b c', 'd;e', 'f']);
  });
});

describe('what a check says', () => {
  const MISSING: readonly (readonly [string, string | undefined])[] = [
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left-pad' imported from /repository/a.js", 'left-pad'],
    ["Error: Cannot find module 'lodash/fp'", 'lodash'],
    ["Cannot find module '@scope/name/lib/x.js' from 'src/a.js'", '@scope/name'],
    ["Error: Cannot find module '/repository/node_modules/jest/bin/jest.js'", 'jest'],
    ['Failed to resolve import "zod" from "src/a.ts". Does the file exist?', 'zod'],
    ['Error: Failed to load url vitest/config (resolved id: vitest/config)', 'vitest'],
    ["Error: Cannot find module './helper.js'", undefined],
    ["Error: Cannot find module '/repository/src/helper.js'", undefined],
    ["Error: Cannot find module 'node:nothing'", undefined],
    ['not ok 1 - adds', undefined],
  ];
  it('names the package that is missing, never a file of the repository itself', () => {
    for (const [output, name] of MISSING) expect([output, missingPackage(output)]).toEqual([output, name]);
  });

  it('says the reasons first, and last again where the output is long, and is never longer than what is kept', () => {
    expect(explain([], 'one\0two\n')).toBe('onetwo');
    expect(explain(['why'], '')).toBe('why');
    expect(explain(['why'], 'short\n')).toBe('why\nshort');
    const long = explain(['why', 'because'], 'line\n'.repeat(5000));
    expect(long.startsWith('why\nbecause\n')).toBe(true);
    expect(long.endsWith('\nwhy\nbecause')).toBe(true);
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 3000 }), { maxLength: 3 }), fc.string({ maxLength: 9000 }), (reasons, output) => {
      expect(explain(reasons, output).length).toBeLessThanOrEqual(MAX_CHECK_TEXT);
    }));
  });
});
