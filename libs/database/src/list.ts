/** `'a', 'b'` for a CHECK: the allowed words come from the contract's own lists, so they are written once. */
export const words = (list: readonly string[]): string => list.map((word) => `'${word}'`).join(', ');
