/** Lanes, and how many more each takes now; as two lists, for a query. */
export type Room<L extends string = string> = readonly [lanes: readonly L[], room: readonly number[]];

/** Work in lanes: each has so many places, and one that is full holds up no other. */
export class Lanes<L extends string> {
  private readonly working = new Map<L, Map<string, Promise<void>>>();

  /** `failed` is told what work rejected with. */
  constructor(
    names: readonly L[],
    private readonly places: number,
    private readonly failed: (error: unknown) => void,
  ) {
    for (const name of names) this.working.set(name, new Map());
  }

  /** Undefined when every lane is full. */
  get room(): Room<L> | undefined {
    const free = [...this.working].map(([name, work]) => [name, this.places - work.size] as const).filter(([, left]) => left > 0);
    return free.length === 0 ? undefined : [free.map(([name]) => name), free.map(([, left]) => left)];
  }

  /** Begins the work; does nothing for an id that is worked on, or where the lane is full. */
  put(lane: L, id: string, work: () => Promise<void>): void {
    const at = this.working.get(lane)!;
    if (at.has(id) || at.size >= this.places) return;
    at.set(id, Promise.resolve().then(work).catch(this.failed).finally(() => at.delete(id)));
  }

  /** Resolves when what is at work now has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.working.values()].flatMap((work) => [...work.values()]));
  }
}
