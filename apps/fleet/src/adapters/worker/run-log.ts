import { firstOf } from '@countersign/contracts';
import { hide, redact, spellings } from '../../domain/redact.js';

/** Lines kept of one run; what comes after is only counted. */
const MAX_LINES = 200;
/** Characters kept of a line. */
const MAX_LINE = 2000;

export interface LogLine {
  readonly seq: number;
  readonly stream: string;
  readonly line: string;
}

/** Collects what a worker says until a beat has written it. Bounded in lines and their length; nothing secret is kept, because a text is cleaned before it is cut. */
export class RunLog {
  private readonly lines: LogLine[] = [];
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
    this.lines.push({ seq: this.seq, stream, line: last ? 'the rest is not kept' : firstOf(this.clean(line), MAX_LINE) });
  }

  /** The lines that no row holds yet. */
  get unwritten(): readonly LogLine[] {
    return [...this.lines];
  }

  /** The first so many of them are in rows now. */
  written(count: number): void {
    this.lines.splice(0, count);
  }
}
