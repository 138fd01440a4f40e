/**
 * Whether an answer says that nothing was done: the server has judged the request, and refused it. After an error of its own, or
 * while it still works on the request, nobody knows yet. That a key is not confirmed is a refusal that may pass.
 */
export const isRefusal = ({ status, code }: { readonly status: number; readonly code: string }): boolean => (status < 500 && code !== 'request_in_progress') || code === 'key_not_confirmed';

export interface Sent<T> {
  /** The server does what comes with one key once. */
  readonly key: string;
  readonly request: T;
}

/** Requests of which it is not known that nothing came of them, one for each wish: whoever wishes the same again sends the same again. */
export class SendOnce<T> {
  private readonly sent = new Map<string, Sent<T>>();

  constructor(private readonly newKey: () => string) {}

  /** The request for a wish, made when there is none. */
  async of(wish: string, make: () => T | Promise<T>): Promise<Sent<T>> {
    const made = this.sent.get(wish) ?? { key: this.newKey(), request: await make() };
    this.sent.set(wish, made);
    return made;
  }

  /** The next one with this wish is a new request. */
  forget(wish: string): void {
    this.sent.delete(wish);
  }
}
