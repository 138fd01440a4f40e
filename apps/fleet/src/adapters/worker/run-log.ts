import { hide, redact, spellings } from '../../domain/redact.js';

/** Lines kept of one run; what comes after is only counted. */
const MAX_LINES = 200;

export interface LogLine {
  readonly seq: number;
  readonly stream: string;
  readonly line: string;
}

/** Collects what a worker says until the next beat writes it. Bounded in lines; nothing secret is kept. */
export class RunLog {
  private lines: LogLine[] = [];
  private seq = 0;
  private hidden: string[] = [];

  /** A value the worker was given: it stands in nothing that is kept. */
  hide(secret: string): void {
    this.hidden.push(...spellings(secret));
  }

  /** A text as it may be kept and shown. */
  clean(text: string): string {
    return redact(hide(text, this.hidden));
  }

  add(stream: string, line: string): void {
    if (this.seq >= MAX_LINES) return;
    this.seq++;
    const last = this.seq === MAX_LINES;
    this.lines.push({ seq: this.seq, stream, line: last ? 'the rest is not kept' : this.clean(line) });
  }

  take(): LogLine[] {
    const taken = this.lines;
    this.lines = [];
    return taken;
  }
}
