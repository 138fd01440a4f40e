import { describe, it } from 'node:test';
import { DEFAULT_TEAM_POLICY, ESCALATION_TRIGGERS, escalationOf, ESCALATIONS, type EscalationTrigger } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { afterQuiet, escalationsDue, escalationsLate, escalationsOver, memberSuspensions, nowOver, reportedStill, teamSuspension, type Signal, type SignalName, type Standing } from './signals.js';

const { escalation, suspension } = DEFAULT_TEAM_POLICY;
const NOW = new Date('2026-03-01T12:00:00Z');
const at = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const signal = (name: SignalName, over: Partial<Signal> = {}): Signal => ({ signal: name, subject: 's', memberId: null, counted: 1, at: at(-1), figures: {}, ...over });
const standing = (trigger: EscalationTrigger, over: Partial<Standing> = {}): Standing => ({ id: 'e', trigger, subject: 's', open: true, over: false, figures: {}, evidenceAt: at(-60), resolvedAt: null, dueAt: at(60), overdue: false, ...over });
const triggers = (signals: readonly Signal[], known: readonly Standing[] = []): string[] => escalationsDue(signals, known, escalation, NOW).map(({ trigger }) => trigger);

/** Two are counted under names of their own. */
const measuredAs = (trigger: EscalationTrigger): SignalName => (trigger === 'quality_failures' ? 'failed_reviews' : trigger === 'rejections_repeated' ? 'noes' : trigger);

/** As the rows are read: of each cause the newest. */
const newest = (all: readonly Standing[]): Standing[] => [...new Map(all.map((one) => [`${one.trigger} ${one.subject}`, one])).values()];

describe('an escalation', () => {
  it('goes for every trigger of the original documents to the authority that they name, with its time', () => {
    const reviewed: Record<EscalationTrigger, readonly [string, number]> = {
      delegation_exceeded: ['genesis', 240], composition_change: ['genesis', 240], quality_failures: ['genesis', 240], rejections_repeated: ['genesis', 240], coordination_slow: ['systems_architect', 120], context_full: ['systems_architect', 120], api_slow: ['systems_architect', 120],
      delegation_biased: ['vision_guardian', 60], quality_falling: ['vision_guardian', 60], audit_bypassed: ['vision_guardian', 60], deliverable_ready: ['customer_governor', 1440], effect_unknown: ['customer_governor', 240], trial_ended: ['customer_governor', 1440], team_suspended: ['customer_governor', 1440],
      helpdesk_waits: ['platform_governor', 30], helpdesk_silent: ['platform_governor', 30], helpdesk_open: ['platform_governor', 60], helpdesk_often: ['platform_governor', 480], plan_waits: ['genesis', 240], customer_message: ['platform_governor', 240], suspension_long: ['platform_governor', 480], cost_over: ['platform_governor', 480], architecture_change: ['platform_governor', 480], app_store_rejection: ['platform_governor', 480],
    };
    for (const trigger of ESCALATION_TRIGGERS) {
      const [due] = escalationsDue([signal(measuredAs(trigger), { counted: 3 })], [], escalation, NOW);
      expect([trigger, due?.to, (due!.dueAt.getTime() - NOW.getTime()) / 60_000]).toEqual([trigger, ...reviewed[trigger]]);
    }
    const items = new Set(Object.values(ESCALATIONS).map(({ item }) => item));
    for (let n = 72; n <= 84; n++) expect(items.has(`S4-${n}` as never)).toBe(true);
  });

  it('of failed reviews and of noes in a row begins at the policy’s number, not before', () => {
    for (const [name, trigger] of [['failed_reviews', 'quality_failures'], ['noes', 'rejections_repeated']] as const) expect([1, 2, 3, 9].map((counted) => triggers([signal(name, { counted })]))).toEqual([[], [], [trigger], [trigger]]);
  });

  it('is not what only suspends', () => expect(triggers([signal('leaks', { counted: 99 }), signal('scope_drifts', { counted: 99 }), signal('rejections'), signal('ethics_violation')])).toEqual([]));

  it('is raised once for one cause: not while it stands, and not for what it was resolved with', () => {
    const one = signal('delegation_exceeded', { at: at(-10) });
    expect(triggers([one, one])).toEqual(['delegation_exceeded']);
    expect(triggers([one], [standing('delegation_exceeded')])).toEqual([]);
    expect(triggers([{ ...one, counted: 50, at: NOW }], [standing('delegation_exceeded')])).toEqual([]);
    expect(triggers([one], [standing('delegation_exceeded', { open: false, resolvedAt: at(-5) })])).toEqual([]);
    expect(triggers([{ ...one, at: at(-4) }], [standing('delegation_exceeded', { open: false, resolvedAt: at(-5) })])).toEqual(['delegation_exceeded']);
    expect(triggers([one], [standing('delegation_exceeded', { subject: 'other' }), standing('cost_over')])).toEqual(['delegation_exceeded']);
  });

  it('of what lasts comes again only when it was over in between; a quality that falls also when it fell further', () => {
    for (const lasting of ['context_full', 'cost_over', 'api_slow', 'helpdesk_often'] as const) {
      const resolved = standing(lasting, { open: false, resolvedAt: at(-5) });
      expect(triggers([signal(lasting, { at: NOW })], [resolved])).toEqual([]);
      expect([nowOver([signal(lasting)], [resolved]).length, nowOver([], [resolved]).length, nowOver([], [{ ...resolved, over: true }]).length, nowOver([], [standing(lasting)]).length]).toEqual([0, 1, 0, 0]);
      expect(triggers([signal(lasting, { at: NOW })], [{ ...resolved, over: true }])).toEqual([lasting]);
    }
    // of what is only reported: after ten minutes in which nobody did
    const slow = signal('api_slow', { at: NOW });
    const reported = (resolvedAt: Date | null, reportedAt: Date | null): [number, number] => {
      const known = afterQuiet([standing('api_slow', { open: resolvedAt === null, resolvedAt, reportedAt })], NOW);
      return [triggers([slow], known).length, reportedStill([slow], known).length];
    };
    expect([reported(null, null), reported(at(-9), null), reported(at(-10), null), reported(at(-60), at(-9)), reported(at(-60), at(-10))]).toEqual([[0, 0], [0, 1], [1, 0], [0, 1], [1, 0]]);
    const fell = (passed: number, minutes = 0): Signal => signal('quality_falling', { at: at(minutes), figures: { passed, passedBefore: 10 } });
    const resolved = standing('quality_falling', { open: false, resolvedAt: at(-5), figures: { passed: 6, passedBefore: 10 } });
    expect([fell(6), fell(7), fell(5, -6), fell(5)].map((one) => triggers([one], [resolved]).length)).toEqual([0, 0, 0, 1]);
    expect(triggers([fell(7)], [{ ...resolved, over: true }])).toEqual(['quality_falling']);
  });

  it('is never raised twice for one cause, whatever is measured in whatever order and resolved in between', () => {
    // of what lasts the cause is one stretch of it, and of a quality each further fall within one
    const step = fc.record({ name: fc.constantFrom(...ESCALATION_TRIGGERS), subject: fc.constantFrom('a', 'b'), minute: fc.nat(500), passed: fc.nat(10), measured: fc.boolean(), resolve: fc.boolean() });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let known: Standing[] = [];
      const stretch = new Map<string, number>();
      const raised = new Set<string>();
      const fallen = new Map<string, number>();
      for (const [n, { name, subject, minute, passed, measured, resolve }] of steps.entries()) {
        const [now, key] = [at(1_000 + n), `${name} ${subject}`];
        const lasting = escalationOf(name).lasts === true;
        const evidence = lasting ? now : at(minute);
        const signals = measured ? [signal(measuredAs(name), { subject, counted: 9, at: evidence, figures: { passed } })] : [];
        const same = known.filter((one) => one.trigger === name && one.subject === subject);
        const over = new Set([...nowOver(signals, same), ...escalationsOver(signals, same)].map(({ id }) => id));
        known = known.map((one) => (over.has(one.id) ? { ...one, open: false, resolvedAt: one.resolvedAt ?? now, over: true } : one));
        if (!measured) stretch.set(key, n);
        for (const due of escalationsDue(signals, newest(known), escalation, now)) {
          const part = `${key} ${stretch.get(key) ?? ''}`;
          const cause = !lasting ? `${key} ${due.evidenceAt.getTime()}` : name === 'quality_falling' ? `${part} ${passed}` : part;
          if (raised.has(cause) || (name === 'quality_falling' && passed >= (fallen.get(part) ?? 99))) return false;
          raised.add(cause);
          fallen.set(part, passed);
          known = [...known, standing(name, { id: `${n}`, subject, evidenceAt: due.evidenceAt, figures: due.figures })];
        }
        if (resolve) known = known.map((one) => (one.open ? { ...one, open: false, resolvedAt: now } : one));
      }
      const open = known.filter((one) => one.open).map((one) => `${one.trigger} ${one.subject}`);
      return new Set(open).size === open.length;
    }));
  });

  it('is over by itself where what was measured is over, and only of the triggers that say so', () => {
    const clearing = ESCALATION_TRIGGERS.filter((trigger) => escalationsOver([], [standing(trigger)]).length === 1);
    expect(clearing).toEqual(['context_full', 'deliverable_ready', 'trial_ended', 'effect_unknown', 'team_suspended', 'suspension_long', 'helpdesk_waits', 'helpdesk_silent', 'helpdesk_open', 'plan_waits']);
    expect(escalationsOver([signal('team_suspended')], [standing('team_suspended')])).toEqual([]);
    expect(escalationsOver([signal('team_suspended', { subject: 'epoch-4' })], [standing('team_suspended')])).toHaveLength(1);
    expect(escalationsOver([], [standing('team_suspended', { open: false })])).toEqual([]);
  });

  it('is late from its time on, and said to be so once', () => {
    const late = (over: Partial<Standing>): number => escalationsLate([standing('cost_over', over)], NOW).length;
    expect([late({ dueAt: at(1) }), late({ dueAt: NOW }), late({ dueAt: at(-1) }), late({ dueAt: at(-1), overdue: true }), late({ dueAt: at(-1), open: false })]).toEqual([0, 1, 1, 0, 0]);
  });
});

describe('a suspension by what is measured', () => {
  const team = (...signals: Signal[]) => teamSuspension(signals, suspension, 'mira');
  const members = (...signals: Signal[]) => memberSuspensions(signals, suspension, 'mira').map(({ memberId, cause }) => [memberId, cause]);

  it('stops the team for what its manager tried, what the guardian flags, and what the customer keeps refusing; the gravest is the reason', () => {
    expect(team()).toBeUndefined();
    expect(team(signal('delegation_exceeded', { memberId: 'mira', counted: 2 }))).toEqual({ cause: 'unauthorised_execution', memberId: 'mira', counted: 2 });
    expect(team(signal('ethics_violation'))).toEqual({ cause: 'ethics_violation', memberId: 'mira', counted: 1, recorded: 's' });
    expect(team(signal('ethics_violation', { memberId: 'mira' }))).toMatchObject({ cause: 'ethics_violation' });
    expect(team(signal('ethics_violation', { memberId: 'dora' }))).toBeUndefined();
    expect(team(signal('rejections', { memberId: 'mira', counted: 5 }))).toMatchObject({ cause: 'performance_failure' });
    expect(team(signal('rejections'), signal('ethics_violation'), signal('delegation_exceeded'))).toMatchObject({ cause: 'unauthorised_execution' });
    expect(teamSuspension([signal('delegation_exceeded', { counted: 2 })], { ...suspension, unauthorisedExecutions: 3 }, 'mira')).toBeUndefined();
  });

  it('is not caused by what only somebody has to look at', () => {
    for (const trigger of ESCALATION_TRIGGERS.filter((name) => name !== 'delegation_exceeded')) expect([trigger, team(signal(trigger, { counted: 99 }))]).toEqual([trigger, undefined]);
  });

  it('stops a member at each of the policy’s numbers, for its gravest cause, and never the manager', () => {
    const of = (name: SignalName, counted: number, memberId: string | null = 'dora') => members(signal(name, { counted, memberId }));
    expect([of('leaks', 4), of('leaks', 5)]).toEqual([[], [['dora', 'data_leak']]]);
    expect([of('scope_drifts', 19), of('scope_drifts', 20)]).toEqual([[], [['dora', 'scope_drift']]]);
    expect([of('failed_reviews', 5), of('failed_reviews', 6)]).toEqual([[], [['dora', 'quality_failure']]]);
    expect([of('ethics_violation', 1), of('ethics_violation', 1, 'mira'), of('leaks', 9, 'mira'), of('leaks', 9, null)]).toEqual([[['dora', 'ethics_violation']], [], [], []]);
    expect(members(signal('failed_reviews', { counted: 9, memberId: 'dora' }), signal('leaks', { counted: 9, memberId: 'dora' }), signal('scope_drifts', { counted: 99, memberId: 'tess' }))).toEqual([['dora', 'data_leak'], ['tess', 'scope_drift']]);
  });
});
