/** Runs inside the sandbox, in the process of `node --test`: one line for each test that stands at the top of a file, and for each file that broke. */
import type { Reported } from '../../../domain/judge-scaffolds.js';
import { line } from './line.mjs';

interface Ended {
  readonly type: string;
  readonly data: { readonly name: string; readonly nesting: number; readonly todo?: string | boolean; readonly skip?: string | boolean; readonly details?: { readonly type?: string } };
}

const isMarked = (mark: string | boolean | undefined): boolean => mark !== undefined && mark !== false;

export default async function* report(events: AsyncIterable<Ended>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0 || data.details?.type === 'suite') continue;
    yield line({ title: data.name, outcome: outcomeOf(type, data) });
  }
}

function outcomeOf(type: string, { skip, todo }: Ended['data']): Reported['outcome'] {
  if (isMarked(skip)) return 'skipped';
  if (isMarked(todo)) return 'todo';
  return type === 'test:pass' ? 'passed' : 'failed';
}
