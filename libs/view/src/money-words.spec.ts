import { describe, it } from 'node:test';
import { expect } from 'expect';
import { costWords, counted, countWords, dollars, moneyWords, sizeWords } from './money-words.js';

const usd = (amountMicros: number) => moneyWords({ amountMicros, currency: 'USD' });

describe('Words for amounts', () => {
  it('shows money exact to the cent', () => {
    expect([0, 420_000, 419_999, 1_234_567_890].map(usd)).toEqual(['$0.00', '$0.42', '$0.42', '$1,234.57']);
  });
  it('never shows a small cost as nothing', () => {
    expect([9_999, 700, 50, 1].map(usd)).toEqual(['$0.0100', '$0.0007', '$0.000050', '$0.000001']);
  });
  it('shows dollars with a fraction as the same amount, and says which are of the rehearsal', () => {
    expect([0.42, 0.000262, 0, 1234.5678].map(dollars)).toEqual(['$0.42', '$0.0003', '$0.00', '$1,234.57']);
    expect([true, false].map((rehearsal) => costWords({ amountMicros: 420_000, currency: 'USD', rehearsal }))).toEqual(['$0.42 (rehearsal)', '$0.42']);
  });
  it('shows rupees as rupees', () => {
    expect(moneyWords({ amountMicros: 24_500_000_000, currency: 'INR' })).toBe('₹24,500.00');
  });
  it('shortens counts and sizes', () => {
    expect([0, 9_999, 84_250, 999_999, 3_140_000].map(countWords)).toEqual(['0', '9,999', '84.2k', '999k', '3.1M']);
    expect([812, 4_200, 3_140_000].map(sizeWords)).toEqual(['812 B', '4.2 kB', '3.1 MB']);
    expect([1, 2].map((n) => counted(n, 'file'))).toEqual(['1 file', '2 files']);
  });
});
