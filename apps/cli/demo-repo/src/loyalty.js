const EVERY = 10;

/**
 * How many drinks of this order are on the house: every tenth that a guest buys.
 *
 * @param {number} drinks Drinks in this order.
 * @param {number} drinksBefore Drinks bought before it.
 * @returns {number} A whole number.
 */
export function drinksOnTheHouse(drinks, drinksBefore) {
  return Math.floor((drinks + drinksBefore - 1) / EVERY);
}

/**
 * The discount for drinks on the house; the cheapest drinks of the order are the free ones.
 *
 * @param {import('./order.js').Order} order The order.
 * @param {number} drinksBefore Drinks bought before it.
 * @returns {number} An integer number of paise.
 */
export function loyaltyDiscount(order, drinksBefore) {
  const prices = order.lines
    .filter(({ item }) => item.kind === 'drink')
    .flatMap(({ item, quantity }) => Array.from({ length: quantity }, () => item.paise))
    .sort((a, b) => a - b);
  return prices.slice(0, drinksOnTheHouse(prices.length, drinksBefore)).reduce((sum, paise) => sum + paise, 0);
}
