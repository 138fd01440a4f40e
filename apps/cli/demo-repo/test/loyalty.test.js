import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drinksOnTheHouse, loyaltyDiscount } from '../src/loyalty.js';
import { findItem } from '../src/menu.js';
import { addItem, emptyOrder } from '../src/order.js';

test('the tenth drink is on the house', () => {
  assert.equal(drinksOnTheHouse(1, 9), 1);
  assert.equal(drinksOnTheHouse(10, 0), 1);
});

test('a card that was full before gives nothing twice', () => {
  assert.equal(drinksOnTheHouse(1, 10), 0);
  assert.equal(drinksOnTheHouse(2, 10), 0);
});

test('the cheapest drink is the free one', () => {
  const order = addItem(addItem(emptyOrder(), findItem('kahwa')), findItem('ginger'));
  assert.equal(loyaltyDiscount(order, 8), 4000);
});
