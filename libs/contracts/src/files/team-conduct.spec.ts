import { expect } from 'expect';
import { describe, it } from 'node:test';
import { conforms } from './read-yaml.js';
import { DEFAULT_TEAM_CONDUCT, type TeamConduct } from './team-conduct.js';
import { DEFAULT_TEAM_POLICY, teamPolicyOf, teamPolicySchema, type TeamPolicyFile } from './team-policy.js';

const without = (...sections: (keyof TeamConduct)[]): TeamPolicyFile => Object.fromEntries(Object.entries({ ...DEFAULT_TEAM_POLICY, teamsPerCustomer: 9 }).filter(([name]) => !(sections as string[]).includes(name))) as unknown as TeamPolicyFile;

describe('how managers conduct their teams, in the operator’s file', () => {
  it('is as it always was where a file says nothing of it, and what else that file says holds', () => {
    const old = without(...(Object.keys(DEFAULT_TEAM_CONDUCT) as (keyof TeamConduct)[]));
    expect(teamPolicyOf(old)).toEqual({ ...DEFAULT_TEAM_POLICY, teamsPerCustomer: 9 });
    const { rejections: _, ...escalation } = DEFAULT_TEAM_POLICY.escalation;
    expect(teamPolicyOf({ ...old, escalation })).toEqual({ ...DEFAULT_TEAM_POLICY, teamsPerCustomer: 9 }); // nor does one know of what came later
    const some = { ...without('review', 'board'), work: { rounds: 5 } };
    expect(teamPolicyOf(some)).toEqual({ ...DEFAULT_TEAM_POLICY, teamsPerCustomer: 9, work: { rounds: 5 } });
  });

  it('has bounds for every number, and says each of a section or none', () => {
    const { review, recommendations, members, helpdesk: { cadenceHours } } = DEFAULT_TEAM_CONDUCT;
    const bad: Partial<Record<keyof TeamConduct, unknown>>[] = [
      { review: { ...review, pickupMinutes: 0 } }, { review: { ...review, handOverMinutes: 10_081 } }, { review: { ...review, decideMinutes: 1.5 } }, { review: { ...review, nudgesAnHour: -1 } }, { review: { pickupMinutes: 3 } }, { review: { ...review, patience: 1 } },
      { work: { rounds: 0 } }, { work: { rounds: 11 } }, { recommendations: { ...recommendations, failedInARow: 0 } }, { recommendations: { ...recommendations, mostRevisedPercent: 101 } }, { recommendations: { ...recommendations, standDays: 31 } },
      { members: { ...members, idleMinutes: 0 } }, { members: { ...members, startSeconds: 4 } }, { messages: { keptDays: 0 } }, { helpdesk: { cadenceHours: { ...cadenceHours, L3: 0 } } }, { helpdesk: { cadenceHours: { L1: 1 } } },
      { board: { columns: [] } }, { board: { columns: ['todo', 'in_progress', 'review', 'done'] } }, { board: { columns: ['todo', 'todo', 'review', 'done', 'approved'] } }, { board: { columns: ['todo', 'in_progress', 'review', 'done', 'lost'] } },
    ];
    expect(bad.filter((change) => conforms(teamPolicySchema, { ...DEFAULT_TEAM_POLICY, ...change }).length === 0)).toEqual([]);
    expect(conforms(teamPolicySchema, { ...DEFAULT_TEAM_POLICY, board: { columns: ['todo', 'in_progress', 'done', 'review', 'approved'] }, review: { ...review, nudgesAnHour: 0 } })).toEqual([]);
  });
});
