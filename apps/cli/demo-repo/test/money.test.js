import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRupees, percentOf } from '../src/money.js';

test('amounts are shown in rupees', () => {
  assert.equal(formatRupees(4500), '₹45.00');
  assert.equal(formatRupees(12_345_600), '₹1,23,456.00');
});

test('a share is rounded half up', () => {
  assert.equal(percentOf(1001, 50), 501);
  assert.equal(percentOf(1000, 18), 180);
});
