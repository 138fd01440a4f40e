/** Something the person can do about: shown as message, log and hint, without a stack trace. */
export class SetupError extends Error {
  readonly hint: string | undefined;
  readonly log: string | undefined;
  constructor(message: string, options?: { hint?: string | undefined; log?: string | undefined });
}
export function say(text: string): void;
/** From then on all that is said and explained passes through this. */
export function showThrough(through: (text: string) => string): void;
export function step<T>(title: string, work: () => Promise<T> | T): Promise<T>;
export function explain(error: unknown): void;
export function paint(code: number, text: string): string;
