export interface QuietOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  hint?: string;
  uid?: number;
  gid?: number;
  input?: string;
}
/** Every quiet command is ended with this process and written down at `path`; ends the one an earlier process left. Resolves with the function that stops it. */
export function trackCommands(path: string): Promise<() => void>;
/** Runs a command quietly and resolves with what it printed; rejects with a SetupError that holds its last lines. */
export function quietly(command: string, args: readonly string[], options?: QuietOptions): Promise<string>;
/** Hands the terminal to a program; resolves with the exit code to pass on. */
export function handOver(command: string, args: readonly string[], options: { env: NodeJS.ProcessEnv }): Promise<number>;
/** Calls back once when the process that started this one, and promised to outlive it, is gone. */
export function watchParent(onOrphaned: () => void): NodeJS.Timeout | undefined;
