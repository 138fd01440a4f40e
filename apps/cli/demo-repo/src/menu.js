/** @typedef {{ code: string, name: string, kind: 'drink' | 'snack', paise: number }} Item */

/** @type {readonly Item[]} */
const MENU = [
  { code: 'masala', name: 'Masala chai', kind: 'drink', paise: 4500 },
  { code: 'ginger', name: 'Ginger chai', kind: 'drink', paise: 4000 },
  { code: 'kahwa', name: 'Kashmiri kahwa', kind: 'drink', paise: 9000 },
  { code: 'samosa', name: 'Samosa', kind: 'snack', paise: 2500 },
  { code: 'bun', name: 'Bun maska', kind: 'snack', paise: 3500 },
];

/**
 * Looks an item up by its code.
 *
 * @param {string} code For example `masala`.
 * @returns {Item} The item on the menu.
 * @throws {RangeError} When the menu has no such item.
 */
export function findItem(code) {
  const item = MENU.find((entry) => entry.code === code);
  if (!item) throw new RangeError(`not on the menu: ${code}`);
  return item;
}

export function listMenu(kind) {
  return kind === undefined ? [...MENU] : MENU.filter((item) => item.kind === kind);
}
