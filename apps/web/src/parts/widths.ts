/** From here on there is room for a list beside what it opens. */
export const WIDE = '(min-width: 75em)';
/** From here on the rail stands at the side, and facts beside the changes. */
export const DESKTOP = '(min-width: 62em)';
