import { DEFAULT_TEAM_CONDUCT } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { launchedOf, livenessOf, type LivenessFacts } from './liveness.js';

const NOW = 10_000_000;
const ago = (seconds: number): number => NOW - seconds * 1000;
type Run = NonNullable<LivenessFacts['run']>;
const run = (over: Partial<Run> = {}): Run => ({ state: 'running', queuedAtMs: ago(20), startedAtMs: ago(19), heartbeatAtMs: ago(1), endedAtMs: null, spoke: true, waitsForPerson: false, ...over });
const said = (over: Partial<LivenessFacts>): string => {
  const { activity, evidence, launch } = livenessOf({ nowMs: NOW, terms: DEFAULT_TEAM_CONDUCT.members, memberState: 'active', run: run(), shutDownAtMs: null, ...over });
  return `${activity} ${evidence} ${launch}`;
};

describe('what is known of a member', () => {
  it('is said of all together by what is worst', () => {
    expect([launchedOf([]), launchedOf(['confirmed_alive', 'not_started']), launchedOf(['confirmed_alive', 'skipped_for_launch']), launchedOf(['skipped_for_launch', 'starting']), launchedOf(['starting', 'failed_to_start'])]).toEqual(['clean_success', 'clean_success', 'partial_skipped', 'partial_pending', 'partial_failure']);
    for (const launch of ['starting', 'runtime_pending_bootstrap', 'runtime_pending_permission'] as const) expect(launchedOf([launch])).toBe('partial_pending');
  });

  it('follows from what its supervisor wrote, the strongest evidence first', () => {
    const cases: [Partial<LivenessFacts>, string][] = [
      [{}, 'active confirmed_bootstrap confirmed_alive'],
      [{ run: run({ spoke: false }) }, 'active runtime_process runtime_pending_bootstrap'],
      [{ run: run({ spoke: false, queuedAtMs: ago(200) }) }, 'active runtime_process runtime_pending_bootstrap'],
      [{ run: run({ waitsForPerson: true, queuedAtMs: ago(9000), heartbeatAtMs: ago(1) }) }, 'active permission_blocked runtime_pending_permission'],
      [{ run: run({ state: 'queued', startedAtMs: null, heartbeatAtMs: null, spoke: false }) }, 'idle registered_only starting'],
      [{ run: run({ state: 'queued', startedAtMs: null, heartbeatAtMs: null, spoke: false, queuedAtMs: ago(91) }) }, 'idle registered_only failed_to_start'],
      [{ run: run({ heartbeatAtMs: ago(6) }) }, 'active stale_metadata confirmed_alive'],
      [{ run: run({ heartbeatAtMs: ago(301), startedAtMs: ago(400), queuedAtMs: ago(400), spoke: false }) }, 'idle stale_metadata failed_to_start'],
      [{ run: null }, 'idle not_found not_started'],
      [{ run: run({ state: 'submitted', endedAtMs: ago(60), heartbeatAtMs: ago(61) }) }, 'active not_found confirmed_alive'],
      [{ run: run({ state: 'failed', endedAtMs: ago(60), heartbeatAtMs: ago(61), spoke: false }) }, 'active not_found failed_to_start'],
      [{ memberState: 'suspended', run: null }, 'idle not_found skipped_for_launch'],
      [{ memberState: 'removed', run: null }, 'terminated not_found skipped_for_launch'],
    ];
    expect(cases.map(([facts]) => said(facts))).toEqual(cases.map(([, wanted]) => wanted));
  });

  it('is active for five minutes after the last that was heard, and idle from then on', () => {
    const ended = (seconds: number) => said({ run: run({ state: 'submitted', queuedAtMs: ago(1000), startedAtMs: ago(999), heartbeatAtMs: ago(seconds), endedAtMs: ago(seconds) }) }).split(' ')[0];
    expect([ended(299), ended(300), ended(301)]).toEqual(['active', 'idle', 'idle']);
    // or as long as the operator says, like the time in which one has to show something
    const terms = { idleMinutes: 1, startSeconds: 10 };
    expect([said({ terms, run: null }), said({ terms, run: run({ state: 'failed', spoke: false, queuedAtMs: ago(71), startedAtMs: ago(70), heartbeatAtMs: ago(60), endedAtMs: ago(60) }) }), said({ terms, run: run({ state: 'queued', startedAtMs: null, heartbeatAtMs: null, spoke: false, queuedAtMs: ago(11) }) })]).toEqual(['idle not_found not_started', 'idle not_found failed_to_start', 'idle registered_only failed_to_start']);
  });

  it('is terminated by its own yes to a shutdown alone, and not once it has been given work again', () => {
    const gone = run({ state: 'submitted', endedAtMs: ago(40), queuedAtMs: ago(100), startedAtMs: ago(99), heartbeatAtMs: ago(40) });
    expect(said({ run: gone, shutDownAtMs: ago(50) })).toMatch(/^terminated/);
    expect(said({ run: run(), shutDownAtMs: ago(50) })).toMatch(/^active/);
    expect([said({ run: run({ queuedAtMs: ago(100) }), shutDownAtMs: ago(50) }), said({ run: run({ queuedAtMs: ago(100), heartbeatAtMs: ago(6) }), shutDownAtMs: ago(50) })]).toEqual(['active confirmed_bootstrap confirmed_alive', 'terminated stale_metadata confirmed_alive']);
    fc.assert(fc.property(fc.nat(10_000), fc.option(fc.nat(10_000), { nil: null }), fc.boolean(), (queued, beat, spoke) => {
      expect(said({ run: run({ queuedAtMs: ago(queued), heartbeatAtMs: beat === null ? null : ago(beat), spoke }) })).not.toMatch(/^terminated/);
    }));
  });
});
