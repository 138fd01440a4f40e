import { describe, it } from 'node:test';
import { expect } from 'expect';
import { stoppedTemplates, templateOfMember } from './own-agents.js';

const bundle = { members: [{ name: 'Dora', skill: 'docs', agent: 'doc-bot', template: 'writer' }, { name: 'Tess', skill: 'tests', agent: 'test-bot' }, { name: 'Pax', skill: 'patches', agent: 'patch-bot', template: 'writer' }] };
const owner = (skill: string, agent: string, suspended: boolean) => ({ skill, agent, suspended });

describe('a member’s own agent', () => {
  it('is started from the template that the bundle names, else from the agent’s', () => {
    expect([owner('docs', 'doc-bot', false), owner('tests', 'test-bot', false), owner('gone', 'old-bot', false)].map((each) => templateOfMember(bundle, each))).toEqual(['writer', 'test-bot', 'old-bot']);
  });

  it('stands still with it, and not where another member who works has the same', () => {
    const stopped = (docs: boolean, tests: boolean, patches: boolean) => stoppedTemplates(bundle, [owner('docs', 'doc-bot', docs), owner('tests', 'test-bot', tests), owner('patches', 'patch-bot', patches)]);
    expect([stopped(false, false, false), stopped(true, false, false), stopped(false, true, false), stopped(true, false, true), stopped(true, true, true)]).toEqual([[], [], ['test-bot'], ['writer'], ['writer', 'test-bot']]);
    expect(stoppedTemplates(bundle, [])).toEqual([]); // whoever is gone has none
  });
});
