import type { GoalId } from '@countersign/contracts';

/** After so long each goal is looked at all the same: a mark that missed something delays it, and loses nothing. */
const AT_LEAST_EVERY_MS = 60_000;

/** In which state the sweep saw each open goal last. It lives in the process: after a start everything is looked at. */
export class LookedAt {
  private readonly marks = new Map<GoalId, { readonly mark: string; readonly until: number }>();

  knows(id: GoalId, mark: string): boolean {
    const seen = this.marks.get(id);
    return seen?.mark === mark && performance.now() < seen.until;
  }

  /** Not all at once again a minute later: each somewhat later still. */
  note(id: GoalId, mark: string): void {
    this.marks.set(id, { mark, until: performance.now() + AT_LEAST_EVERY_MS * (1 + Math.random()) });
  }

  forgetAllBut(open: readonly GoalId[]): void {
    const kept = new Set(open);
    for (const id of this.marks.keys()) if (!kept.has(id)) this.marks.delete(id);
  }
}
