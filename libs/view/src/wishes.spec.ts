import { PREFERENCE_DEFAULTS as BASE } from '@countersign/contracts';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { changedWishes, rebasedWishes } from './wishes.js';

describe('Settings that were changed elsewhere while a person wrote', () => {
  const wanted = { ...BASE, discreet: false, channels: { ...BASE.channels, warning: [] } };
  const current = { ...BASE, email: 'asha@example.test', channels: { ...BASE.channels, reminder: [] } };
  it('keep what was changed there and what was changed here', () => {
    expect(rebasedWishes(BASE, wanted, current)).toEqual({ ...BASE, discreet: false, email: 'asha@example.test', channels: { ...BASE.channels, warning: [], reminder: [] } });
    expect(rebasedWishes(BASE, BASE, current)).toEqual(current);
  });
  it('have what was changed here where both changed the same', () => {
    expect(rebasedWishes(BASE, { ...BASE, undoSeconds: 30 }, { ...BASE, undoSeconds: 5 }).undoSeconds).toBe(30);
  });
  it('are named by what the page calls them', () => {
    expect(changedWishes(BASE, current)).toEqual(['what comes by which channel', 'mail address']);
    expect(changedWishes(BASE, { ...BASE })).toEqual([]);
  });
});
