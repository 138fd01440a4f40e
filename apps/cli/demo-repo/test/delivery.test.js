import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryFee } from '../src/delivery.js';

test('large orders are brought for nothing', () => {
  assert.equal(deliveryFee(50_000, 3), 0);
});

test('small orders pay by the kilometre begun', () => {
  assert.equal(deliveryFee(20_000, 2.1), 2700);
});
