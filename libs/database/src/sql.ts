/** One parameterised statement; `text` holds $1 … $n. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A piece of SQL text that is not a value: made only from constants in code. */
class Raw {
  constructor(readonly text: string) {}
}
export const raw = (text: string): Raw => new Raw(text);

/**
 * Tagged template: every `${value}` becomes a bound parameter, so no value is ever part of the text.
 * A nested statement is spliced in and its parameters renumbered; `raw()` splices constant text.
 */
export function sql(strings: TemplateStringsArray, ...inputs: unknown[]): Statement {
  const values: unknown[] = [];
  let text = strings[0]!;
  inputs.forEach((input, index) => {
    if (input instanceof Raw) text += input.text;
    else if (isStatement(input)) {
      text += input.text.replaceAll(/\$(\d+)/g, (_, n: string) => `$${values.length + Number(n)}`);
      values.push(...input.values);
    } else text += `$${values.push(input)}`;
    text += strings[index + 1]!;
  });
  return { text, values };
}

const isStatement = (input: unknown): input is Statement =>
  typeof input === 'object' && input !== null && 'text' in input && Array.isArray((input as Statement).values);

/** What JSON says by an escape and jsonb refuses: U+0000, and half a character. A backslash that stands for itself comes first, so that what follows it is taken for letters. */
const ESCAPE = /\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/**
 * JSON for a jsonb parameter: `pg` would send a JavaScript array as a Postgres array.
 *
 * In the place of what jsonb refuses stands U+FFFD, as `pg` has it in a text for half a character: no text makes a row that can never be written.
 */
export const json = (value: unknown): string => JSON.stringify(value).replaceAll(ESCAPE, (found) => (found === '\\\\' ? found : '\ufffd'));
