import { expect } from 'expect';
import { describe, it } from 'node:test';
import { wrongPlace, type Place } from './place.js';

const push = (over: object = {}): Place => ({ kind: 'git.push', remote: '/srv/demo.git', branch: 'countersign/x', ...over });

describe('the place of an effect', () => {
  for (const [place, wrong] of [
    [push(), undefined],
    [push({ remote: 'git@git.example:chai/till.git' }), undefined],
    [push({ remote: '--upload-pack=id' }), 'remote_invalid'],
    [push({ remote: 'ext::sh -c id' }), 'remote_invalid'],
    [push({ remote: '' }), 'remote_invalid'],
    [push({ refused: 'remote_not_allowed' }), 'remote_not_allowed'],
    [push({ branch: '-f' }), 'branch_invalid'],
    [push({ branch: 'a:refs/heads/main' }), 'branch_invalid'],
    [push({ branch: '../main' }), 'branch_invalid'],
    [{ kind: 'file.publish', folder: 'goal-1' }, undefined],
    [{ kind: 'file.publish', folder: '../goal-1' }, 'path_invalid'],
    [{ kind: 'file.publish', folder: '/etc' }, 'path_invalid'],
    [{ kind: 'file.publish', folder: '' }, 'path_invalid'],
  ] as [Place, string | undefined][]) {
    it(`${JSON.stringify(place)}: ${wrong ?? 'fine'}`, () => expect(wrongPlace(place)).toBe(wrong));
  }
});
