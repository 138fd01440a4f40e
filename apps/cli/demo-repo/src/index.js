export { formatRupees, percentOf } from './money.js';
export { findItem, listMenu } from './menu.js';
export { addItem, emptyOrder, removeItem, subtotalOf, totalOf } from './order.js';
export { drinksOnTheHouse, loyaltyDiscount } from './loyalty.js';
export { deliveryFee, deliveryWindow, DeliveryUnavailableError } from './delivery.js';
export { receiptLines, renderReceipt } from './receipt.js';
