import { describe, it } from 'node:test';
import { ACCOUNT_NOTICES, ESCALATION_TRIGGERS, EFFECT_KINDS, isTypedRemote, NOT_REVIEWED, NotFoundError, RefusedError, RUNGS, TASK_STATES, AppError, InvalidInputError, type Actor, type ApprovalDetail, type Manifest, type TeamId } from '@countersign/contracts';
import { dollars, question } from '@countersign/contracts/effect-words';
import { expect } from 'expect';
import fc from 'fast-check';
import { isStaff, mayCall, mayReadContent, maySeeTeam, type Caller } from './access.js';
import { viewOf } from './approval-view.js';
import { boardOf, movesOf, type MovesFacts } from './board.js';
import { clientAddress } from './client-address.js';
import { approvalWithoutContent } from './content.js';
import { accountText, concern, ofTeam } from './account-text.js';
import { eventOf } from './event-view.js';
import { isHasty } from './haste.js';
import { HttpRefusal, problemOf } from './problem.js';
import { retryAfterMs } from './http-answers.js';
import { SilentOrigins } from './silent-origins.js';
import { nextNoticeMs, nextTryMs, ringText, type RingFacts } from './ring-text.js';

import { turnOf, type TurnFacts } from './turn.js';
import { fullBucket, takeToken } from './token-bucket.js';

const nil = '00000000-0000-0000-0000-000000000000';
const asha: Caller = { personId: 'asha', customerId: 'chai', roles: ['customer_governor'] };
const ops: Caller = { personId: 'ops', customerId: nil, roles: ['operator'] };

describe('whom a request comes from', () => {
  const trusted = (address: string): boolean => ['10.0.0.1', '10.0.0.2'].includes(address);
  it('is who knocks, unless a trusted proxy says otherwise', () => {
    expect(clientAddress('203.0.113.7', '198.51.100.1', trusted)).toBe('203.0.113.7');
    expect(clientAddress('10.0.0.1', undefined, trusted)).toBe('10.0.0.1');
    expect(clientAddress('::ffff:10.0.0.1', '198.51.100.1', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.0.0.1', '198.51.100.1:4711', trusted)).toBe('198.51.100.1');
  });
  it('is the last whom no trusted proxy speaks for, whatever stands before', () => {
    expect(clientAddress('10.0.0.1', '192.0.2.1, 198.51.100.1, 10.0.0.2', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.0.0.1', 'no address', trusted)).toBe('10.0.0.1');
    expect(clientAddress('10.0.0.1', '', trusted)).toBe('10.0.0.1');
  });
});

describe('who sees what', () => {
  it('leaves staff no word of what an approval is about, whatever its kind', () => {
    const whole = {
      id: 'a', title: 'secret', question: 'secret', whatHappens: 'secret', agentSays: 'secret', tier: 2,
      facts: [{ label: 'Recipients', value: 'secret' }, { label: 'Files', value: '1' }, { label: 'Something new', value: 'secret' }],
      sent: { kind: 'email.send', lines: [{ label: 'To', value: 'secret' }], body: 'secret', attachments: [] },
      artifacts: [{ path: 'secret', sha256: 'secret' }], checks: [{ criterion: 'parses', passed: true, outputTail: 'secret' }],
      decision: { decision: 'deny', by: 'Asha', reason: 'secret' }, effect: { state: 'failed', receipt: { url: 'secret' }, settlement: { how: 'word', by: 'Asha', reason: 'secret' } },
    } as unknown as ApprovalDetail;
    for (const kind of EFFECT_KINDS) {
      const shown = approvalWithoutContent(whole, kind);
      expect(JSON.stringify(shown)).not.toContain('secret');
      expect(shown).toMatchObject({ id: 'a', tier: 2, title: expect.stringMatching(/./), question: expect.stringMatching(/\?$/), facts: [{ label: 'Files' }], decision: { decision: 'deny', by: 'Asha' }, effect: { state: 'failed', settlement: { how: 'word', by: 'Asha' } } });
    }
  });
  it("shows a team to its customer's people and to platform staff only", () => {
    expect([maySeeTeam(asha, 'chai'), maySeeTeam(asha, 'borealis'), maySeeTeam(ops, 'chai')]).toEqual([true, false, true]);
  });
  it('does not make staff of a customer who holds a staff role', () => expect(isStaff({ ...asha, roles: ['operator'] })).toBe(false));
  it("shows content to the customer's people only", () => expect([mayReadContent(asha, 'chai'), mayReadContent(ops, 'chai')]).toEqual([true, false]));
  it('lets any of the named roles call', () => expect([mayCall(asha, ['genesis', 'customer_governor']), mayCall(ops, ['genesis']), mayCall(ops, 'signed-in')]).toEqual([true, false, true]));
});

describe('the board', () => {
  it('has five columns in the agreed order and shows every task once, except cancelled ones', () => {
    const board = boardOf(TASK_STATES.map((state) => ({ id: state, state, review: { state: 'none' as const } })));
    expect(board.map(({ id }) => id)).toEqual(['todo', 'in_progress', 'review', 'done', 'approved']);
    expect(board.flatMap(({ tasks }) => tasks)).toHaveLength(TASK_STATES.length - 1);
    const others = ['todo', 'in_progress', 'done', 'review', 'approved'] as const;
    expect(boardOf<Parameters<typeof boardOf>[0][number]>([], {}, others).map(({ id }) => id)).toEqual(others);
  });

  it('puts the cards that people ordered first, in their order, and forgets those that have gone', () => {
    const cards = ['a', 'b', 'c'].map((id) => ({ id, state: 'todo' as const, review: { state: 'none' as const } }));
    expect(boardOf(cards, { todo: ['c', 'gone', 'a'] })[0]!.tasks.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  });

  const cycle = (reviewer: Actor | null) => ({ state: 'review' as const, note: '', cycle: { request: 'r', reviewer, earlier: [], requestedAtMs: 0, startedAtMs: null, nudgedAtMs: null } });
  const approved = { state: 'approved' as const, note: '', cycle: null };
  const [me, other] = ['person:1', 'person:2'] as const;

  it('offers each person what the manager would take from them, and nobody the work itself', () => {
    const offered = (over: Partial<MovesFacts>) => movesOf({ state: 'done', goalState: 'running', paused: false, mission: false, owned: true, redoable: true, review: NOT_REVIEWED, ...over }, me);
    expect(offered({})).toEqual(['request_review', 'approve', 'request_changes']);
    expect(offered({ review: cycle(me) })).toEqual(['start_review', 'approve', 'request_changes']);
    expect(offered({ review: cycle(null) })).toEqual(['start_review', 'approve', 'request_changes']);
    expect(offered({ review: cycle(other) })).toEqual(['request_review']);
    expect(offered({ redoable: false })).toEqual(['request_review', 'approve']);
    expect(offered({ review: approved })).toEqual(['reopen']);
    expect(offered({ goalState: 'proposed' })).toEqual(['approve']);
    expect(offered({ paused: true })).toEqual(['approve']);
    expect(offered({ state: 'todo', owned: false })).toEqual(['assign', 'remove']);
    for (const goalState of ['done', 'failed', 'denied', 'expired', 'cancelled'] as const) for (const review of [NOT_REVIEWED, cycle(me), approved]) expect(offered({ goalState, review })).toEqual([]);
    for (const state of ['todo', 'assigned', 'in_progress', 'review', 'approved', 'blocked', 'cancelled'] as const) expect(offered({ state })).toEqual([]);
    expect(offered({ mission: true })).toEqual([]);
  });

  it('says whose turn each task is, and for what, by the first rule that applies', () => {
    const turn = (over: Partial<TurnFacts>) => {
      const { owner, name, action, queue, anomaly } = turnOf({ state: 'todo', goalState: 'running', owner: { name: 'Dora', active: true }, review: NOT_REVIEWED, reviewer: null, dependsOn: [], asks: null, mission: false, ...over });
      return [owner, name, action, queue, ...(anomaly ? [anomaly] : [])].join(' ').replace('  ', ' ');
    };
    const needsFix = { state: 'needs_fix' as const, note: 'no', cycle: null };
    const person = { name: 'Asha', known: true, person: true };
    const cases: [Partial<TurnFacts>, string][] = [
      [{ state: 'cancelled', asks: 'user' }, 'none none done'],
      [{ goalState: 'done' }, 'none none done'],
      [{ state: 'done', review: approved }, 'none none done'],
      [{ asks: 'user', owner: { name: 'Dora', active: false } }, 'user clarify_with_user actionable'],
      [{ state: 'blocked', goalState: 'blocked' }, 'user clarify_with_user actionable'],
      [{ asks: 'lead' }, 'lead clarify_with_lead actionable'],
      [{ state: 'blocked' }, 'lead clarify_with_lead actionable'],
      [{ owner: { name: 'Dora', active: false }, dependsOn: [undefined] }, 'lead assign_owner actionable invalid_owner_ref'],
      [{ state: 'done', owner: { name: 'Dora', active: false } }, 'none none oversight'],
      [{ state: 'done', review: cycle(null) }, 'user review actionable'],
      [{ state: 'done', review: cycle(me), reviewer: person }, 'user Asha review actionable'],
      [{ state: 'done', review: cycle(me), reviewer: { ...person, known: false } }, 'lead assign_reviewer actionable invalid_reviewer_ref'],
      [{ state: 'done', review: cycle('member:1'), reviewer: { name: 'Tess', known: true, person: false } }, 'member Tess review actionable'],
      [{ state: 'review' }, 'lead review actionable'],
      [{ state: 'approved' }, 'lead review actionable'],
      [{ dependsOn: ['done', undefined] }, 'lead repair_dependencies actionable invalid_dependency_ref'],
      [{ dependsOn: ['in_progress'], owner: null }, 'none wait_dependency waiting'],
      [{ dependsOn: ['done', 'cancelled'] }, 'member Dora execute actionable'],
      [{ owner: null }, 'user assign_owner actionable'],
      [{ owner: null, mission: true }, 'member execute actionable'],
      [{ review: needsFix }, 'member Dora apply_changes actionable'],
      [{ state: 'in_progress', review: needsFix }, 'member Dora apply_changes actionable'],
      [{ state: 'assigned' }, 'member Dora execute actionable'],
    ];
    expect(cases.map(([facts]) => turn(facts))).toEqual(cases.map(([, wanted]) => wanted));
  });
});

describe('a rate limit', () => {
  const limits = { burst: 3, perSecond: 2 };
  it('serves a burst, then says how long to wait', () => {
    let bucket = fullBucket(limits, 0);
    const waits = Array.from({ length: 4 }, () => {
      const taken = takeToken(bucket, limits, 0);
      bucket = taken.bucket;
      return taken.retryAfterMs;
    });
    expect(waits).toEqual([0, 0, 0, 500]);
    expect(takeToken(bucket, limits, 500).retryAfterMs).toBe(0);
  });
  it('never serves more than burst and rate allow, even when the clock goes back', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 100 }), (times) => {
      let bucket = fullBucket(limits, 0);
      const served = times.sort((a, b) => a - b).filter((at) => {
        const taken = takeToken(bucket, limits, at);
        bucket = taken.bucket;
        return taken.retryAfterMs === 0;
      });
      expect(served.length).toBeLessThanOrEqual(limits.burst + ((times.at(-1) ?? 0) * limits.perSecond) / 1000 + 1e-9);
    }));
  });
});

describe('a problem', () => {
  class Broken extends AppError {
    readonly code = 'database_error';
    constructor(readonly retryable: boolean) { super('password of svc_gateway is hunter2'); }
  }
  it('names status and code, and repeats the words of expected refusals only', () => {
    expect(problemOf(new NotFoundError('team'), 'r1')).toMatchObject({ status: 404, problem: { code: 'not_found', requestId: 'r1' } });
    expect(problemOf(new RefusedError('team_full', 'no room', { limit: 5 }), 'r')).toMatchObject({ status: 409, problem: { detail: 'no room', limit: 5 } });
    expect(problemOf(new InvalidInputError('bad', [{ pointer: '/text', rule: 'isString', message: 'must be text' }]), 'r')).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/text' }] } });
  });
  it('tells nothing about what was not expected', () => {
    for (const error of [new Broken(false), new Broken(true), new TypeError('at /srv/secret.js'), 'text']) expect(JSON.stringify(problemOf(error, 'r'))).not.toMatch(/hunter2|secret|text/);
    expect(problemOf(new Broken(true), 'r')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(problemOf(new Broken(false), 'r').status).toBe(500);
  });
  it("does not take a database's word for the caller's", () => {
    class NotOurs extends AppError {
      readonly code = 'not_permitted';
      readonly retryable = false;
    }
    expect(problemOf(new NotOurs('permission denied for table team'), 'r')).toMatchObject({ status: 500, problem: { detail: 'something went wrong on our side' } });
    expect(problemOf(new RefusedError('not_permitted', 'Genesis certifies'), 'r')).toMatchObject({ status: 403, problem: { detail: 'Genesis certifies' } });
  });
  it('never lets members of a refusal change status or code', () => {
    expect(problemOf(new HttpRefusal('rate_limited', 'slow down', { status: 200, code: 'ok' }, { 'retry-after': '3' }), 'r')).toMatchObject({ status: 429, problem: { status: 429, code: 'rate_limited' }, headers: { 'retry-after': '3' } });
  });
});

describe('what a ring says', () => {
  const facts: RingFacts = { kind: 'push', approvalId: 'a1', version: 2, teamId: 't1', teamName: 'Code care', title: 'Push 3 files to main', state: 'pending', decidedBy: undefined, dueAt: new Date(3_600_000), now: new Date(0), timeZone: 'UTC', discreet: true, digest: undefined, publicUrl: 'https://c.example', head: 'log\n3\nroot\n\n— log sig\n' };
  it('is the team, the deadline and what silence means, with ids and the signed head only', () => {
    const push = ringText(facts);
    expect(push).toMatchObject({ title: 'Code care needs your approval', data: { t: 'approval', id: 'a1', v: '2', team: 't1', head: facts.head }, link: 'https://c.example/a/a1', urgent: false, ttlMs: 3_600_000 });
    expect(ringText({ ...facts, head: null }).data).toEqual({ t: 'approval', id: 'a1', v: '2', team: 't1' });
    expect(push.body).toBe('Answer by Thu, 01 Jan, 01:00 UTC. Without an answer it expires and nothing happens.');
    expect(ringText({ ...facts, timeZone: 'Asia/Kolkata' }).body).toMatch(/^Answer by Thu, 01 Jan, 06:30 (?:IST|GMT\+5:30)\. /);
    expect(ringText({ ...facts, timeZone: 'America/Argentina/ComodRivadavia', kind: 'escalation' }).body).toMatch(/It is due Wed, 31 Dec, 22:00 GMT-3\. /);
  });
  it('keeps within its lengths, is urgent in the last hour, and never outlives the deadline or a day', () => {
    for (const kind of [...RUNGS, 'resolved'] as const) {
      for (const discreet of [true, false]) {
        const { title, body } = ringText({ ...facts, kind, discreet, teamName: 'x'.repeat(200), title: 'y'.repeat(60), decidedBy: 'z'.repeat(200), state: 'approved' });
        expect([kind, title.length <= 40, body.length <= 110]).toEqual([kind, true, true]);
      }
    }
    expect(ringText({ ...facts, now: new Date(1) })).toMatchObject({ urgent: true });
    expect(ringText({ ...facts, dueAt: new Date(90 * 3_600_000) }).ttlMs).toBe(24 * 3_600_000);
    expect(ringText({ ...facts, now: new Date(9e9) }).ttlMs).toBe(0);
  });
  it('says more on the lock screen only to whom it may', () => {
    expect(ringText({ ...facts, discreet: false }).title).toBe('Code care · Push 3 files to main');
    expect(ringText({ ...facts, kind: 'resolved', state: 'approved', decidedBy: 'Asha' })).toMatchObject({ title: 'Code care needs nothing more', body: 'It was settled. Nothing waits for you here.', collapseKey: 'apr_a1' });
    expect(ringText({ ...facts, kind: 'resolved', state: 'approved', decidedBy: 'Asha', discreet: false }).body).toBe('Approved by Asha.');
  });
  it('shows nothing that is not seen: a name of a team cannot turn the line round', () => {
    const hidden = { ...facts, teamName: 'Code\u202e care\u3164', title: 'Push\u{e0041} 3 files', decidedBy: 'As\u2066ha' };
    expect([ringText(hidden).title, ringText({ ...hidden, discreet: false }).title]).toEqual(['Code care needs your approval', 'Code care · Push 3 files']);
    expect(ringText({ ...hidden, kind: 'resolved', state: 'approved', discreet: false })).toMatchObject({ title: 'Code care · Push 3 files', body: 'Approved by Asha.' });
  });
  it('is about all at once in a digest', () => {
    expect(ringText({ ...facts, digest: 7 })).toMatchObject({ title: '7 approvals wait for you', data: { t: 'digest', n: '7', head: facts.head }, collapseKey: 'inbox', link: 'https://c.example/' });
    for (const [digest, title] of [[1, '1 approval waits for you'], [0, 'Nothing waits for you']] as const) expect(ringText({ ...facts, digest })).toMatchObject({ title, data: { t: 'digest', n: String(digest) }, collapseKey: 'inbox', link: 'https://c.example/' });
  });
  it('is tried for more than a day where it tells of the person’s account, hourly at last, or as long as the other side wants, up to a day each time', () => {
    const waits = Array.from({ length: 31 }, (_, n) => nextNoticeMs(n + 1));
    expect(waits.slice(0, 8)).toEqual([1_000, 4_000, 16_000, 64_000, 256_000, 1_024_000, 3_600_000, 3_600_000]);
    expect(waits.at(-1)).toBeUndefined();
    expect(waits.slice(0, -1).reduce<number>((sum, wait) => sum + wait!, 0)).toBeGreaterThan(24 * 3_600_000);
    expect([nextNoticeMs(1, 30_000), nextNoticeMs(7, 30_000), nextNoticeMs(1, 700_000), nextNoticeMs(1, 1e12), nextNoticeMs(31, 1_000)]).toEqual([30_000, 3_600_000, 700_000, 86_400_000, undefined]);
  });
  it('is tried six times, waiting longer each time, or as long as the other side wants; not for longer than ten minutes', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempts) => nextTryMs(attempts))).toEqual([1_000, 4_000, 15_000, 60_000, 240_000, undefined]);
    expect([nextTryMs(1, 30_000), nextTryMs(3, 2_000), nextTryMs(1, 600_001)]).toEqual([30_000, 15_000, undefined]);
    expect([retryAfterMs('7', 0), retryAfterMs('', 0), retryAfterMs('soon', 0), retryAfterMs(undefined, 0), retryAfterMs('Thu, 01 Jan 1970 00:00:09 GMT', 4_000)]).toEqual([7_000, undefined, undefined, undefined, 5_000]);
  });
});

describe('what a person is told of their account', () => {
  it('keeps within a notice’s lengths, each for itself, and lets a device’s name tell no story', () => {
    const story = 'Phone\u202e” was added by support. Call +1 555 0100 <b>now</b> https://evil.example';
    for (const kind of ACCOUNT_NOTICES) {
      const { title, body, collapseKey, data, link } = accountText(kind, story, 'n1', 'https://c.example');
      expect([kind, title.length <= 40, body.length <= 110, body.includes('evil'), /[<\u202e]/.test(body)]).toEqual([kind, true, true, false, false]);
      const where = /^(review|question)_/.test(kind) ? { t: 'team', page: 'teams' } : kind.startsWith('escalation_') ? { t: 'team', page: 'escalations' } : kind.startsWith('team_') ? { t: 'team', page: kind === 'team_suspended' ? 'chat' : 'teams' } : { t: 'account', page: 'me' };
      expect({ collapseKey, data, link }).toEqual({ collapseKey: 'acc_n1', data: { t: where.t, id: 'n1' }, link: `https://c.example/${where.page}` });
    }
    expect(accountText('approves_hastily', 'As\u3164ha\uffa0', 'n1', '').body).toBe('“Asha” took under two seconds for most of ten approvals. Their screen slows them down now.');
    expect(accountText('approves_hastily', 'Asha', 'n1', '').body).toBe('“Asha” took under two seconds for most of ten approvals. Their screen slows them down now.');
    // a count that was passed is a sign of a copy and no proof: two tabs do that as well
    expect(accountText('key_copied', 'Chrome on Mac', 'n1', '').body).toBe('It signed out of turn; that was refused. If not in two tabs, remove “Chrome on Mac”: Me, Devices.');
    for (const trigger of ESCALATION_TRIGGERS) expect([trigger, accountText('escalation_overdue', concern(trigger, 'A team with a rather long name'), 'n1', '').body.length <= 110]).toEqual([trigger, true]);
    expect(accountText('escalation_raised', concern('helpdesk_silent', 'Code care'), 'n1', '').body).toBe('“Code care”: The helpdesk of a suspended team does not answer.');
    expect(accountText('escalation_raised', concern('api_slow', null), 'n1', '').body).toBe('The API answers too slowly.');
    const team = '019d0f0e-0000-7000-8000-00000000000a' as TeamId;
    const { body, data, link } = accountText('review_asked', ofTeam(team, 'Code care'), 'n1', 'https://c.example');
    expect({ body, data, link }).toEqual({ body: '“Code care” has done work that waits for your review. It is on the team’s board.', data: { t: 'team', id: 'n1', team }, link: `https://c.example/teams/${team}` });
    expect(accountText('device_added', 'Chrome on Mac', 'n1', '').body).toBe('“Chrome on Mac” was added. If that was not you, remove it now: Me, Devices.');
  });
});

describe('a push service that does not answer', () => {
  it('is left alone after three silences, asked by one call after half a minute, and by all when it has answered; another is none of that', () => {
    const origins = new SilentOrigins();
    const [silent, other] = ['https://silent.example', 'https://other.example'];
    for (let n = 0; n < 3; n++) {
      expect(origins.restMs(silent, n)).toBeUndefined();
      origins.wasSilent(silent, n);
    }
    expect([origins.restMs(silent, 2), origins.restMs(silent, 10_002), origins.restMs(other, 2)]).toEqual([30_000, 20_000, undefined]);
    expect([origins.restMs(silent, 30_002), origins.restMs(silent, 30_003)]).toEqual([undefined, 29_999]);
    origins.answered(silent);
    expect(origins.restMs(silent, 30_004)).toBeUndefined();
  });
});

describe('whoever approves without reading', () => {
  it('is known by half of ten yeses that took less than two seconds, and not by fewer', () => {
    const took = (fast: number, all: number): number[] => Array.from({ length: all }, (_, nth) => (nth < fast ? 300 : 60_000));
    for (const [fast, all, hasty] of [[10, 10, true], [6, 10, true], [5, 10, false], [0, 10, false], [9, 9, false], [0, 0, false]] as const) expect([fast, all, isHasty(took(fast, all))]).toEqual([fast, all, hasty]);
    expect([isHasty(Array(10).fill(1_999)), isHasty(Array(10).fill(2_000))]).toEqual([true, false]);
  });
});

describe('what people see of an approval', () => {
  it('tells from the effect how far a granted one has come', () => {
    expect([viewOf('approved', undefined), viewOf('approved', 'started'), viewOf('approved', 'executed'), viewOf('approved', 'refused'), viewOf('denied', 'executed')]).toEqual(['approved', 'executing', 'executed', 'failed', 'denied']);
  });
  it('asks about one file and about several in words that fit', () => {
    const asked = (files: number, kind: 'git.push' | 'file.publish'): string => question({ artifacts: Array(files).fill({}), effects: [{ kind }] } as unknown as Manifest);
    expect([asked(1, 'git.push'), asked(2, 'git.push'), asked(1, 'file.publish'), asked(3, 'file.publish')]).toEqual(['May this file be pushed?', 'May these 2 files be pushed?', 'May this file be published?', 'May these 3 files be published?']);
  });
  it('shows money to the cent, and small sums to as many digits as show that they are not nothing', () => {
    expect([dollars('0'), dollars('7'), dollars('420'), dollars('9999'), dollars('420000'), dollars('1999999'), dollars('12345678901')]).toEqual(['$0.00', '$0.000007', '$0.0004', '$0.0100', '$0.42', '$2.00', '$12345.68']);
  });
});

describe('an event for listeners', () => {
  it('carries ids and scalars, with the team of the subject whatever the body says', () => {
    expect(eventOf('task.assigned.v1', 'team-1', { memberId: 'm' }, { goalId: 'g', teamId: 'forged', nested: { a: 1 } })).toEqual({ type: 'task.changed', data: { goalId: 'g', memberId: 'm', teamId: 'team-1' } });
  });
  it('does not say who has done it', () => {
    expect(eventOf('lifecycle.team_changed.v1', 't', {}, { state: 'dissolved', verb: 'dissolve', by: nil })).toEqual({ type: 'team.changed', data: { state: 'dissolved', verb: 'dissolve', teamId: 't' } });
  });
  it('is not made of messages no screen waits for', () => expect(eventOf('draft.checks_requested.v1', 't', {}, {})).toBeUndefined());
});

describe('where an approved branch may go', () => {
  it('is a path or an address without a password', () => {
    for (const good of ['/srv/demo.git', 'https://example.test/a.git', 'ssh://git@example.test/a.git', 'git@example.test:a/b.git', 'file:///srv/a.git']) expect(isTypedRemote(good)).toBe(true);
    for (const bad of ['', '-uroot', 'relative/path', 'https://me:secret@example.test/a', 'https://token@example.test/a', 'ext::sh -c id', 'ftp://x/y', 'http://x/y', '/srv/\u202egit', '/srv/\u3164', '/srv/a\nb']) expect(isTypedRemote(bad)).toBe(false);
  });
});
