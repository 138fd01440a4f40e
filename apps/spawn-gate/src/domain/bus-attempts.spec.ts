import { TeamId } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { attemptsOf, type Refused } from './bus-attempts.js';

const [ours, theirs] = [TeamId.next(), TeamId.next()];
const refused = (subject: string, { operation = 'publish', key = 'MANAGER', checked = true }: Partial<Pick<Refused, 'operation' | 'key' | 'checked'>> = {}): Refused => ({ operation, subject, key, checked, at: new Date(0), line: subject });

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

  it('counts by the key that was shown where that is the managers’, and is somebody’s who hides where it is another', () => {
    const [shown, other] = [refused(`team.${ours}.approvals.decided`, { checked: false }), refused(`team.${ours}.approvals.decided`, { key: 'GATEWAY', checked: false })];
    expect(attemptsOf([shown, other], 'MANAGER')).toEqual({ ofTeams: new Map([[ours, [shown]]]), elsewhere: [], hidden: [other] });
  });

  it('is bounded, however often it is tried', () => {
    const flood = Array.from({ length: 500 }, () => refused(`team.${ours}.approvals.decided`));
    expect(attemptsOf(flood, 'MANAGER').ofTeams.get(ours)).toHaveLength(20);
  });
});
