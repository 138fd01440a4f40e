import { TeamId } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { attemptsOf, type Refused } from './bus-attempts.js';

const [ours, theirs] = [TeamId.next(), TeamId.next()];
const refused = (subject: string, { operation = 'publish', key = 'MANAGER' }: Partial<Pick<Refused, 'operation' | 'key'>> = {}): Refused => ({ operation, subject, key, at: new Date(0), line: subject });
const unchecked = (subject: string | undefined): Refused => ({ ...refused(''), subject, key: undefined });

describe('what the broker refused the managers’ credential', () => {
  it('is the doing of the manager of the team in whose name it was', () => {
    const [first, second, third] = [refused(`team.${ours}.approvals.decided`), refused(`team.${theirs}.draft_review.checked.x`), refused(`team.${ours}.approvals.undone`)];
    expect(attemptsOf([first, second, third], 'MANAGER')).toEqual({ ofTeams: new Map([[ours, [first, third]], [theirs, [second]]]), elsewhere: [], hidden: [] });
  });

  it('is for a person to look at where it names no team, or one that it would listen to', () => {
    const all = [refused('cmd.spawn-gate.spawn_agent'), refused('team.*.approvals.decided'), refused('team.x'), refused(`_INBOX_gateway.${ours}`), refused(`team.${theirs}.>`, { operation: 'subscription' })];
    expect(attemptsOf(all, 'MANAGER')).toEqual({ ofTeams: new Map(), elsewhere: all, hidden: [] });
  });

  it('is nothing where another’s credential was refused', () => {
    expect(attemptsOf([refused(`team.${ours}.approvals.decided`, { key: 'GATEWAY' }), refused('cmd.x', { key: '' })], 'MANAGER')).toEqual({ ofTeams: new Map(), elsewhere: [], hidden: [] });
  });

  it('is somebody’s who hides, and never a manager’s, where the broker has checked no key', () => {
    const all = [unchecked(`team.${ours}.approvals.decided`), unchecked('cmd.x'), unchecked(undefined)];
    expect(attemptsOf(all, 'MANAGER')).toEqual({ ofTeams: new Map(), elsewhere: [], hidden: all });
  });

  it('is bounded to the newest, however often it is tried', () => {
    const flood = Array.from({ length: 500 }, (_, n) => refused(`team.${ours}.approvals.decided.${n}`));
    expect(attemptsOf(flood, 'MANAGER').ofTeams.get(ours)).toEqual(flood.slice(-20));
  });
});
