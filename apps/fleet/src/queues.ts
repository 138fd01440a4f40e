/** One queue a key: what is put into it is done one after the other, in the order in which it came. */
export class Queues {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Resolves, or fails, as the work does; the next one's turn comes either way. */
  async inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.tails.get(key) === mine) this.tails.delete(key);
    }
  }
}
