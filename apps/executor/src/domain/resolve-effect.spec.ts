import { expect } from 'expect';
import { describe, it } from 'node:test';
import { MAX_ACTS, MAX_SILENCES, MOST_DELAY_MS, resolveEffect, resolveLook, resolveUnseen, type Sight, type Tries } from './resolve-effect.js';
import { seePush } from './resolve-push.js';

const tries = (over: Partial<Tries> = {}): Tries => ({ acts: 0, silences: 0, rejected: undefined, unsent: undefined, barred: undefined, ...over });
const silent: Sight = { kind: 'silent', why: 'no route' };
const blind: Sight = { kind: 'blind' };

describe('an effect that was started', () => {
  for (const [what, sight, so_far, step] of [
    ['is recorded when its result is there', { kind: 'ours' }, {}, { do: 'record' }],
    ['is recorded when its result is there, whatever happened since', { kind: 'ours' }, { barred: 'stale_epoch', rejected: 'push_rejected' }, { do: 'record' }],
    ['is done when the target is as it was', { kind: 'before' }, {}, { do: 'act' }],
    ['is done again when a crash came before it', { kind: 'before' }, { acts: 1 }, { do: 'act' }],
    ['is not done when the team was suspended meanwhile', { kind: 'before' }, { barred: 'stale_epoch' }, { do: 'fail', code: 'stale_epoch' }],
    ['fails when the target said no', { kind: 'before' }, { acts: 1, rejected: 'push_rejected' }, { do: 'fail', code: 'push_rejected' }],
    ['fails when it does not succeed after many tries', { kind: 'before' }, { acts: MAX_ACTS }, { do: 'fail', code: 'gave_up' }],
    ['waits before it is done again when the act did not get there', { kind: 'before' }, { unsent: 'host_unreachable', silences: 1 }, { do: 'later', delayMs: 1000 }],
    ['waits as long as the target asks', { kind: 'before' }, { unsent: 'post_deferred', silences: 1, afterMs: 7_000 }, { do: 'later', delayMs: 7_000 }],
    ['waits no shorter for a target that asks for less', blind, { unsent: 'post_deferred', silences: 4, afterMs: 7_000 }, { do: 'later', delayMs: 8_000 }],
    ['fails where the target asks for more than is waited for', blind, { unsent: 'post_deferred', afterMs: MOST_DELAY_MS + 1 }, { do: 'fail', code: 'post_deferred' }],
    ['is done once where nothing can be seen', blind, {}, { do: 'act' }],
    ['is done again where nothing can be seen, after an act that did not get there', blind, { silences: 1 }, { do: 'act' }],
    ['waits, where nothing can be seen, after an act that did not get there', blind, { unsent: 'host_unreachable' }, { do: 'later', delayMs: 500 }],
    ['fails, where nothing can be seen, when no act gets there', blind, { unsent: 'host_unreachable', silences: MAX_SILENCES }, { do: 'fail', code: 'host_unreachable' }],
    ['is never done again where nothing can be seen: it is unknown', blind, { acts: 1 }, { do: 'unknown', code: 'answer_lost' }],
    ['is unknown where nothing can be seen, also for a suspended team', blind, { acts: 1, barred: 'stale_epoch' }, { do: 'unknown', code: 'answer_lost' }],
    ['fails, where nothing can be seen, on the target’s no', blind, { acts: 1, rejected: 'post_refused' }, { do: 'fail', code: 'post_refused' }],
    ['is not done, where nothing can be seen, for a suspended team', blind, { barred: 'stale_epoch' }, { do: 'fail', code: 'stale_epoch' }],
    ['fails when somebody else was there', { kind: 'foreign', code: 'remote_moved' }, {}, { do: 'fail', code: 'remote_moved' }],
    ['waits for a target that does not answer', silent, { silences: 2 }, { do: 'later', delayMs: 2000 }],
    ['failed when it was never begun and the target stays silent', silent, { silences: MAX_SILENCES }, { do: 'fail', code: 'remote_silent' }],
    ['is unknown when it was begun and the target stays silent', silent, { acts: 1, silences: MAX_SILENCES }, { do: 'unknown', code: 'remote_silent' }],
  ] as [string, Sight, Partial<Tries>, object][]) {
    it(what, () => expect(resolveEffect(sight, tries(so_far))).toEqual(step));
  }
});

it('an effect that cannot even be looked at failed only when it was never begun', () => {
  expect([0, 1].map((acts) => resolveUnseen(acts, 'remote_silent'))).toEqual([{ do: 'fail', code: 'remote_silent' }, { do: 'unknown', code: 'remote_silent' }]);
});

describe('a look that a person asked for', () => {
  for (const [sight, step] of [
    [{ kind: 'ours' }, { do: 'record' }],
    [{ kind: 'before' }, { do: 'fail', code: 'not_there' }],
    [{ kind: 'foreign', code: 'remote_moved' }, { do: 'fail', code: 'remote_moved' }],
    [silent, undefined],
    [blind, undefined],
  ] as [Sight, object | undefined][]) {
    it(`shows ${sight.kind}: ${JSON.stringify(step)}`, () => expect(resolveLook(sight)).toEqual(step));
  }
});

describe('a look at a remote branch', () => {
  const [ours, base, other] = ['a', 'b', 'c'].map((letter) => letter!.repeat(40)) as [string, string, string];
  const remote = { head: null, checkedOut: false, containsOurs: false };
  for (const [what, facts, expected, sight] of [
    ['shows our commit', { head: ours }, null, { kind: 'ours' }],
    ['shows work built on our commit', { head: other, containsOurs: true }, null, { kind: 'ours' }],
    ['shows no branch, as approved', {}, null, { kind: 'before' }],
    ['shows the head that was approved to be replaced', { head: base }, base, { kind: 'before' }],
    ['shows a branch where none was expected', { head: other }, null, { kind: 'foreign', code: 'remote_moved' }],
    ['shows no branch where one was expected', {}, base, { kind: 'foreign', code: 'remote_moved' }],
    ['shows a branch that is checked out', { head: base, checkedOut: true }, base, { kind: 'foreign', code: 'branch_checked_out' }],
  ] as [string, Partial<typeof remote>, string | null, Sight][]) {
    it(what, () => expect(seePush({ ...remote, ...facts }, ours, expected)).toEqual(sight));
  }
});
