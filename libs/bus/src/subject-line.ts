/** How long the next in line waits for a missing predecessor before it is taken as it is: the rows are the truth, so reading on is safe. */
export const GAP_PATIENCE_MS = 5_000;
/** Another copy of the service may be handling the predecessor: look again this often. */
const GAP_LOOK_MS = 200;

export interface Numbered {
  readonly sequence: number;
}

/** `early`: its predecessor has not been handled yet. */
export type Taken = 'done' | 'early';

/**
 * The messages of one subject that this process holds, handled one after another, lowest number first.
 *
 * One that is early stays at the head, so only its own subject waits; a predecessor that arrives meanwhile goes before it.
 */
export class SubjectLine<T extends Numbered> {
  private readonly waiting: T[] = [];
  private running: Promise<void> | undefined;
  private arrival: () => void = () => undefined;
  private finishing = false;

  constructor(
    private readonly take: (item: T, outOfTurn: boolean) => Promise<Taken>,
    private readonly patienceMs = GAP_PATIENCE_MS,
  ) {}

  /** Resolves when the line is empty again. */
  add(item: T): Promise<void> {
    const place = this.waiting.findIndex(({ sequence }) => sequence > item.sequence);
    this.waiting.splice(place === -1 ? this.waiting.length : place, 0, item);
    this.arrival();
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  get empty(): boolean {
    return this.waiting.length === 0;
  }

  /** Waits for no missing predecessor any more; resolves when what can be handled is handled. */
  finish(): Promise<void> {
    this.finishing = true;
    this.arrival();
    return this.running ?? Promise.resolve();
  }

  private async run(): Promise<void> {
    const earlySince = new Map<T, number>();
    for (let head = this.waiting[0]; head !== undefined; head = this.waiting[0]) {
      const outOfTurn = performance.now() - (earlySince.get(head) ?? Infinity) > this.patienceMs;
      if ((await this.take(head, outOfTurn)) === 'done') this.waiting.splice(this.waiting.indexOf(head), 1);
      else if (this.finishing) return;
      else {
        if (!earlySince.has(head)) earlySince.set(head, performance.now());
        await this.pause();
      }
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GAP_LOOK_MS);
      this.arrival = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
