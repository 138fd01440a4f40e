import { expect } from 'expect';
import { describe, it } from 'node:test';
import { turnOf } from './turn-of.js';

const named = (...ids: string[]) => ids.map((approval_id) => ({ approval_id }));

describe('whose turn it is', () => {
  it('goes round: everybody within as many turns as it takes, however many wait before them', () => {
    const all = named('c', 'a', 'e', 'b', 'd');
    const turns: string[] = [];
    for (let last = '', n = 0; n < 4; n++) {
      const turn = turnOf(all, last, 2).map(({ approval_id }) => approval_id);
      turns.push(turn.join(''));
      last = turn.at(-1)!;
    }
    expect(turns).toEqual(['ab', 'cd', 'ea', 'bc']);
  });

  it('is that of all where there is room for all, and of nobody where nobody waits', () => {
    expect(turnOf(named('b', 'a'), 'a', 9)).toEqual(named('b', 'a'));
    expect(turnOf(named('a'), 'z', 9)).toEqual(named('a'));
    expect(turnOf([], 'a', 9)).toEqual([]);
  });
});
