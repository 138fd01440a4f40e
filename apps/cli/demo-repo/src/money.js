const RUPEES = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR' });

/**
 * Formats an amount for people.
 *
 * @param {number} paise An integer number of paise.
 * @returns {string} Rupees with two decimals, for example `₹45.00`.
 */
export function formatRupees(paise) {
  return RUPEES.format(paise / 100);
}

/**
 * A share of an amount, rounded half up to whole paise.
 *
 * @param {number} paise An integer number of paise.
 * @param {number} percent A percentage from 0 to 100.
 * @returns {number} An integer number of paise.
 */
export function percentOf(paise, percent) {
  return Math.floor((paise * percent) / 100 + 0.5);
}
