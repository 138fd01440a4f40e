import { parseArgs, type ParseArgsConfig } from 'node:util';
import { AppError } from '@countersign/contracts/errors';

/** Exit codes of the outward contract (docs/interface.md §2). */
export const EXIT = { done: 0, failed: 1, usage: 2, denied: 3, notFound: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line is not one that the program understands: exit code 2. */
export class UsageError extends AppError {
  readonly code = 'usage';
  readonly retryable = false;
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

export type Options = NonNullable<ParseArgsConfig['options']>;

/** Flags that every command understands. */
export interface Global {
  readonly json: boolean;
  readonly home: string | undefined;
  readonly url: string | undefined;
  readonly as: string | undefined;
}

export interface Call {
  readonly global: Global;
  readonly flags: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly words: readonly string[];
  /** The command line as it was typed, for running it again elsewhere. */
  readonly args: readonly string[];
}

/** One verb of the command line. */
export interface Command {
  /** What follows the verb, for the help: `<id> --reason "…"`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: Options;
  /** How many words must follow the verb: [least, most]. */
  readonly words?: readonly [number, number];
  run(call: Call): Promise<ExitCode | number>;
}

const GLOBAL_OPTIONS = {
  json: { type: 'boolean' },
  home: { type: 'string' },
  url: { type: 'string' },
  as: { type: 'string' },
  'idempotency-key': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

/** Reads the rest of a command line; a UsageError names what is wrong with it. */
export function readCall(command: Command, rest: readonly string[], args: readonly string[]): Call & { readonly help: boolean } {
  const { values, positionals } = parse(rest, { ...GLOBAL_OPTIONS, ...command.options });
  const [least, most] = command.words ?? [0, 0];
  if (values.help !== true && (positionals.length < least || positionals.length > most)) throw new UsageError(positionals.length < least ? 'something is missing' : `too much: "${positionals[most]}"`);
  const { json, home, url, as, help, ...flags } = values;
  const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
  return { global: { json: json === true, home: text(home), url: text(url), as: text(as) }, flags, words: positionals, args, help: help === true };
}

function parse(args: readonly string[], options: Options): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) throw new UsageError(error.message.split('. To specify')[0] ?? error.message);
    throw error;
  }
}

/** The flag's text; undefined when it was not given. */
export function textFlag(call: Call, name: string): string | undefined {
  const value = call.flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function integerFlag(call: Call, name: string, { min, max }: { min: number; max: number }): number | undefined {
  const text = textFlag(call, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) throw new UsageError(`--${name} wants a whole number from ${min} to ${max}, not "${text}"`);
  return value;
}
