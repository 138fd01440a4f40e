import { inSight } from '@countersign/view';

/** What `paint` puts around a text; no other sequence of a terminal is let through. */
// oxlint-disable-next-line no-control-regex -- terminal colours begin with the escape character
const OWN_COLOUR = /(\u001b\[(?:0|1|2|31|32|33|36)m)/;

/**
 * The text as a terminal shows it without being told anything by it: what agents and repositories say is printed beside what
 * a person decides by, and a control or bidirectional character in it could move, hide or repaint lines. Each is named.
 */
export const visible = (text: string): string =>
  text.split(OWN_COLOUR).map((part) => (OWN_COLOUR.test(part) ? part : inSight(part))).join('');

/** Data for a person, on stdout. */
export const print = (text: string): void => console.log(visible(text));
