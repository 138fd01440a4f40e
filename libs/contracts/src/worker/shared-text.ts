import { count, object, text, type JsonSchema } from './schema-parts.js';

/** A text that a team has in common. */
export interface SharedText {
  name: string;
  version: number;
  /** '' where there are too many to give all. */
  text: string;
  /** Of the whole, where `text` is less than that. */
  characters?: number;
}

export const sharedText: JsonSchema = object({ name: text(200, 1), version: count, text: text(40_000) }, { characters: count });
