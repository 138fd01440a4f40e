/** Something that is to happen; `off` where it is not to happen any more. */
export interface Timer {
  readonly at: number;
  readonly place: number;
  readonly run: () => void;
  off: boolean;
}

/** Steps of whoever acts in the simulation: each yields the milliseconds until its next. What stands between two yields happens at one instant. */
export type Steps<T = void> = Generator<number, T, void>;

/** Time as the simulation has it: whatever is to happen, one after another, and the same for the same seed. Milliseconds since the epoch. */
export class Clock {
  private readonly heap: Timer[] = [];
  private places = 0;

  constructor(public now: number) {}

  in(ms: number, run: () => void): Timer {
    const timer = { at: this.now + ms, place: this.places++, run, off: false };
    this.heap.push(timer);
    this.up(this.heap.length - 1);
    return timer;
  }

  /** Lets the next thing happen; false: there is nothing more before `until`. */
  next(until: number): boolean {
    for (let first = this.heap[0]; first !== undefined && first.at <= until; first = this.heap[0]) {
      this.take();
      if (first.off) continue;
      this.now = first.at;
      first.run();
      return true;
    }
    return false;
  }

  private take(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.down();
  }

  private up(index: number): void {
    for (let at = index; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!isBefore(this.heap[at]!, this.heap[above]!)) return;
      this.swap(at, above);
      at = above;
    }
  }

  private down(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.heap.length && isBefore(this.heap[left]!, this.heap[least]!)) least = left;
      if (right < this.heap.length && isBefore(this.heap[right]!, this.heap[least]!)) least = right;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(one: number, other: number): void {
    [this.heap[one], this.heap[other]] = [this.heap[other]!, this.heap[one]!];
  }
}

const isBefore = (one: Timer, other: Timer): boolean => one.at < other.at || (one.at === other.at && one.place < other.place);
