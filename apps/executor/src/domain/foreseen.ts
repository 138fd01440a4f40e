/** What waits for its time, as it was decided: each such state is looked at once, and again where the look came to nothing. */
export class Foreseen<Id extends string> {
  private readonly looked = new Map<Id, number>();

  /** Looks at what is new among everything that waits now, and does not wait for it. `look` resolves with whether it came to an end. */
  sweep(waiting: readonly { readonly id: Id; readonly decidedAt: Date }[], look: (id: Id) => Promise<boolean>): void {
    const still = new Set(waiting.map(({ id }) => id));
    for (const id of this.looked.keys()) if (!still.has(id)) this.looked.delete(id);
    for (const { id, decidedAt } of waiting) if (this.looked.get(id) !== decidedAt.getTime()) this.take(id, decidedAt.getTime(), look);
  }

  private take(id: Id, decidedAt: number, look: (id: Id) => Promise<boolean>): void {
    this.looked.set(id, decidedAt);
    void look(id).then((done) => {
      if (!done && this.looked.get(id) === decidedAt) this.looked.delete(id);
    });
  }
}
