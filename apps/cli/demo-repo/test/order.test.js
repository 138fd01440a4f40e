import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findItem } from '../src/menu.js';
import { addItem, emptyOrder, subtotalOf, totalOf } from '../src/order.js';

test('the same item twice is one line', () => {
  const order = addItem(addItem(emptyOrder(), findItem('masala')), findItem('masala'), 2);
  assert.equal(order.lines.length, 1);
  assert.equal(subtotalOf(order), 13_500);
});

test('an order without a full card costs what it costs', () => {
  const order = addItem(addItem(emptyOrder(), findItem('ginger'), 2), findItem('samosa'));
  assert.equal(totalOf(order, 3), 10_500);
});

test('half an item cannot be ordered', () => {
  assert.throws(() => addItem(emptyOrder(), findItem('bun'), 0.5), RangeError);
});

test('what is not on the menu cannot be ordered', () => {
  assert.throws(() => findItem('espresso'), /not on the menu/);
});
