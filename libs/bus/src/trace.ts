import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** W3C Trace Context: version 00, trace id, parent id, flags. All-zero ids are invalid there. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const current = new AsyncLocalStorage<string>();

/** Runs the work as a child of the given `traceparent`; without a valid one, as the start of a new trace. */
export function inTrace<T>(parent: string | undefined, work: () => T): T {
  return current.run(childOf(parent), work);
}

/** The `traceparent` of the running work: what a message or command sent now should carry. */
export const traceparent = (): string => current.getStore() ?? childOf(undefined);

function childOf(parent: string | undefined): string {
  const [trace, flags] = parent !== undefined && TRACEPARENT.test(parent) ? [parent.slice(3, 35), parent.slice(53)] : [randomBytes(16).toString('hex'), '01'];
  return `00-${trace}-${randomBytes(8).toString('hex')}-${flags}`;
}
