import { expect } from 'expect';
import { describe, it, mock } from 'node:test';
import { runCommand } from './index.js';

/** As a person types it: exit code, and the commands that the answer names. */
async function typed(...words: string[]): Promise<{ code: number; named: string[]; said: string }> {
  const written = mock.method(process.stderr, 'write', () => true);
  try {
    const code = await runCommand(words);
    const said = written.mock.calls.map(({ arguments: [line] }) => String(line)).join('');
    return { code, named: [...said.matchAll(/^ {2}(\w+ ?\w*) {2,}/gm)].map(([, name]) => name!.trim()), said };
  } finally {
    written.mock.restore();
  }
}

describe('help', () => {
  it('names every command, or those of one group, however one asks for it', async () => {
    const { code, named } = await typed('help');
    expect([code, new Set(named).size, named.includes('up'), named.includes('message shutdown')]).toEqual([0, named.length, true, true]);
    for (const words of [[], ['--help'], ['-h'], ['help', 'nothing of this name']]) expect(await typed(...words)).toMatchObject({ code: 0, named });
    for (const words of [['message', '--help'], ['message', '-h'], ['message', 'help'], ['help', 'message']]) expect(await typed(...words)).toMatchObject({ code: 0, named: named.filter((name) => name.startsWith('message ')) });
    expect(await typed('help', 'up')).toMatchObject({ code: 0, named: ['up'] });
  });

  it('comes with the refusal of what there is not', async () => {
    expect(await typed('constructor')).toMatchObject({ code: 2, said: expect.stringContaining('there is no command "constructor"') });
    expect(await typed('message')).toMatchObject({ code: 2, said: expect.stringContaining('message what?') });
    expect(await typed('message', 'sing')).toMatchObject({ code: 2, said: expect.stringContaining('message has no "sing"') });
    for (const verb of ['add', 'remove']) expect(await typed('team', verb, 'T', 'Dora')).toMatchObject({ code: 2, said: expect.stringMatching(/what its bundle says[\s\S]*escalation record composition_change/) });
  });
});
