import { describe, it } from 'node:test';
import { expect } from 'expect';
import { headOf, noticeOf } from './push-notice.js';
import { staleNotices } from './stale-notices.js';

const id = '019d0f0e-0000-7000-8000-000000000001';
const ids = { t: 'approval', id, v: '1', team: '019d0f0e-0000-7000-8000-00000000000a' };

describe('A push payload', () => {
  it('of ids alone becomes a discreet notice that leads to the approval', () => {
    expect(noticeOf(ids)).toMatchObject({ tag: `apr_${id}`, path: `/a/${id}`, title: 'A team needs your approval' });
  });
  it('is understood as FCM wraps it and as a declarative web push wraps it', () => {
    expect(noticeOf({ data: ids, notification: { title: 'code-care needs your approval', body: 'Answer by 17:00 UTC.' } })).toMatchObject({ title: 'code-care needs your approval', tag: `apr_${id}` });
    expect(noticeOf({ web_push: 8030, notification: { title: 'T', data: ids } })).toMatchObject({ title: 'T', path: `/a/${id}` });
  });
  it('of a digest leads to the inbox', () => {
    expect(noticeOf({ data: { t: 'digest', n: '3' }, notification: { title: '3 approvals wait for you' } })).toMatchObject({ title: '3 approvals wait for you', tag: 'inbox', path: '/' });
  });
  it('of a team leads to it, or where it names none to all of them', () => {
    const team = { t: 'team', id };
    expect(noticeOf({ data: team, notification: { title: 'Your team goes on' } })).toMatchObject({ title: 'Your team goes on', tag: `acc_${id}`, path: '/teams' });
    expect([noticeOf({ ...team, team: ids.team })?.path, noticeOf({ ...team, team: '../evil' })?.path]).toEqual([`/teams/${ids.team}`, '/teams']);
  });
  it('carries the head of the record, however it is wrapped, and nothing else in its place', () => {
    const head = 'audit.countersign/test/team/x\n3\nroot\n\n— x sig\n';
    for (const payload of [{ ...ids, head }, { data: { ...ids, head } }, { web_push: 8030, notification: { data: { ...ids, head } } }, { data: { t: 'digest', n: '2', head } }]) expect(headOf(payload)).toBe(head);
    for (const payload of [undefined, ids, { head: 3 }, { head: 'x'.repeat(2_001) }, 'head']) expect(headOf(payload)).toBeUndefined();
  });
  it('that is anything else is no notice, and leads nowhere', () => {
    for (const payload of [undefined, null, 'x', [], {}, { t: 'approval', id: '../../evil' }, { t: 'offer', id }, { ...ids, id: `${id}?x=1` }]) expect(noticeOf(payload)).toBeUndefined();
  });
  it('are taken from the screen when the list is seen: the digest, and what does not wait any more', () => {
    const shown = ['inbox', 'apr_a', 'apr_b', 'acc_a', 'test', 'sample'].map((tag) => ({ tag }));
    expect(staleNotices(shown, shown, ['b'])).toEqual([{ tag: 'inbox' }, { tag: 'apr_a' }]);
  });
  it('stay on the screen where they came after the list was asked for', () => {
    const before = [{ tag: 'inbox', timestamp: 1 }, { tag: 'apr_a', timestamp: 1 }];
    const rungAgain = [{ tag: 'inbox', timestamp: 2 }, { tag: 'apr_a', timestamp: 1 }, { tag: 'apr_new', timestamp: 2 }];
    expect(staleNotices(rungAgain, before, [])).toEqual([{ tag: 'apr_a', timestamp: 1 }]);
    expect(staleNotices([{ tag: 'apr_new' }, { tag: 'inbox' }], [], [])).toEqual([]);
  });
});
