import { firstOf } from '@countersign/contracts';
import type { ChildProcess } from 'node:child_process';
import { PassThrough } from 'node:stream';

const LONGEST_WORDS = 2000;

/** What a child says. Buffered: Node throws away what nobody has read from a child's own stream by the time the child ends. */
export class Words {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();

  constructor(child: ChildProcess) {
    child.stdout?.pipe(this.stdout);
    child.stderr?.pipe(this.stderr);
  }

  /** For a child that never started: nothing else would close these. */
  end(): void {
    this.stdout.end();
    this.stderr.end();
  }

  /** What was written to stderr by a child that has ended. */
  async last(): Promise<string> {
    let said = '';
    for await (const chunk of this.stderr as AsyncIterable<Buffer>) said += chunk.toString('utf8');
    return firstOf(said.trim(), LONGEST_WORDS);
  }
}
