import { formatRupees } from './money.js';
import { subtotalOf, totalOf } from './order.js';

const WIDTH = 32;

/**
 * The lines of a receipt: one per item, then the total.
 *
 * @param {import('./order.js').Order} order The order.
 * @param {number} [drinksBefore=0] Drinks the guest has bought before.
 * @returns {string[]} Lines of equal width.
 */
export function receiptLines(order, drinksBefore = 0) {
  const total = totalOf(order, drinksBefore);
  const saved = subtotalOf(order) - total;
  return [
    ...order.lines.map(({ item, quantity }) => spread(`${quantity} × ${item.name}`, formatRupees(item.paise * quantity))),
    ...(saved > 0 ? [spread('On the house', `-${formatRupees(saved)}`)] : []),
    spread('Total', formatRupees(total)),
  ];
}

export function renderReceipt(order, { title = 'Chai & Co', drinksBefore = 0 } = {}) {
  return [title, '-'.repeat(WIDTH), ...receiptLines(order, drinksBefore)].join('\n');
}

function spread(left, right) {
  return left + ' '.repeat(Math.max(1, WIDTH - left.length - right.length)) + right;
}
