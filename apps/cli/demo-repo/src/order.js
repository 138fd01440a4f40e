import { loyaltyDiscount } from './loyalty.js';

/** @typedef {{ item: import('./menu.js').Item, quantity: number }} Line */
/** @typedef {{ lines: readonly Line[] }} Order */

/**
 * An order with nothing in it.
 *
 * @returns {Order} A new order.
 */
export function emptyOrder() {
  return { lines: [] };
}

/**
 * Adds an item; more of the same item becomes one line.
 *
 * @param {Order} order The order so far; it is not changed.
 * @param {import('./menu.js').Item} item What to add.
 * @param {number} [quantity=1] How many.
 * @returns {Order} The order with the item.
 */
export function addItem(order, item, quantity = 1) {
  if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError('quantity must be a whole number from 1');
  const known = order.lines.find((line) => line.item.code === item.code);
  if (!known) return { lines: [...order.lines, { item, quantity }] };
  return { lines: order.lines.map((line) => (line === known ? { item, quantity: line.quantity + quantity } : line)) };
}

export function removeItem(order, code) {
  const lines = order.lines.filter((line) => line.item.code !== code);
  if (lines.length === order.lines.length) throw new RangeError(`not in the order: ${code}`);
  return { lines };
}

/**
 * The price of everything in the order, before any discount.
 *
 * @param {Order} order The order.
 * @returns {number} An integer number of paise.
 */
export function subtotalOf(order) {
  return order.lines.reduce((sum, { item, quantity }) => sum + item.paise * quantity, 0);
}

/**
 * What the guest pays: the subtotal without the drinks on the house.
 *
 * @param {Order} order The order.
 * @param {number} [drinksBefore=0] Drinks the guest has bought before, from the loyalty card.
 * @returns {number} An integer number of paise.
 */
export function totalOf(order, drinksBefore = 0) {
  return subtotalOf(order) - loyaltyDiscount(order, drinksBefore);
}
