/** How much a review holds, written once: for the page where it is written and the gateway that takes it. */

export const MOST_COMMENTS = 50;
/** Of all comments of one review together, and of each of them. */
export const MOST_COMMENT_CHARS = 8_000;
export const MOST_CHARS_EACH = 2_000;
/** Of the reason of a no, or of a question. */
export const MOST_REASON_CHARS = 2_000;
