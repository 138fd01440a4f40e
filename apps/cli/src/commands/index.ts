import { EXIT, readCall, UsageError, type Command } from './command.js';
import { say, paint } from '../../../../scripts/lib/report.mjs';
import { demo } from './demo.js';
import { down } from './down.js';
import { reset } from './reset.js';
import { status } from './status.js';
import { up } from './up.js';

/** Verbs that stand alone, and nouns with verbs of their own. */
const COMMANDS: Readonly<Record<string, Command | Readonly<Record<string, Command>>>> = { up, down, status, reset, demo };

const isCommand = (entry: Command | Readonly<Record<string, Command>>): entry is Command => typeof entry.run === 'function';

/** Runs one command line and resolves with its exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    const found = find(args);
    if (!found) return overview(args.length === 0 || args[0] === 'help' || args[0] === '--help' || args[0] === '-h' ? EXIT.done : EXIT.usage, args[0]);
    const call = readCall(found.command, found.rest, args);
    if (call.help) return helpFor(found.name, found.command);
    return await found.command.run(call);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${paint(31, 'error:')} ${error.message}`);
    say(`${paint(36, 'hint:')}  ${error.hint ?? usageOf(args)}`);
    return EXIT.usage;
  }
}

interface Found {
  readonly name: string;
  readonly command: Command;
  readonly rest: readonly string[];
}

function find([first = '', second = '', ...more]: readonly string[]): Found | undefined {
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (!entry) return undefined;
  if (isCommand(entry)) return { name: first, command: entry, rest: second === '' && more.length === 0 ? [] : [second, ...more] };
  const command = Object.hasOwn(entry, second) ? entry[second] : undefined;
  if (command) return { name: `${first} ${second}`, command, rest: more };
  throw new UsageError(second === '' ? `${first} what?` : `${first} has no "${second}"`, `one of: ${Object.keys(entry).map((verb) => `${first} ${verb}`).join(', ')}`);
}

function usageOf(args: readonly string[]): string {
  const found = find(args);
  return found ? `countersign ${found.name} ${found.command.usage}`.trimEnd() : 'countersign help';
}

function helpFor(name: string, command: Command): number {
  say(`${command.summary}\n\n  countersign ${name} ${command.usage}\n\neverywhere: --json  --home DIR  --url URL  --as PERSONA`);
  return EXIT.done;
}

function overview(code: number, unknown: string | undefined): number {
  if (code !== EXIT.done) say(`${paint(31, 'error:')} there is no command "${unknown}"`);
  const lines = Object.entries(COMMANDS).flatMap(([name, entry]) =>
    isCommand(entry) ? [line(name, entry)] : Object.entries(entry).map(([verb, command]) => line(`${name} ${verb}`, command)),
  );
  say(`countersign: governed teams of AI agents\n\n${lines.join('\n')}\n\neverywhere: --json  --home DIR  --url URL  --as PERSONA   exit: 0 done, 1 failed, 2 usage, 3 denied, 4 not found`);
  return code;
}

const line = (name: string, command: Command): string => `  ${`${name} ${command.usage}`.padEnd(52)} ${command.summary}`;
