/** Among the notes of a task that was stopped although nothing was wrong with it: the goal is blocked at another, or has nothing left to spend. */
export const stopNote = (blockedTitle: string): string => `Stopped, because "${blockedTitle}" is blocked.`;
export const BUDGET_NOTE = 'Stopped, because the goal’s budget is used up.';
export const isStopNote = (note: unknown): boolean => note === BUDGET_NOTE || (typeof note === 'string' && /^Stopped, because ".*" is blocked\.$/s.test(note));

/** The task a blocked goal waits at for a person's answer; the others were only stopped with it. */
export function blockedAt<T extends { readonly state: string; readonly notes: readonly unknown[] }>({ state, tasks }: { readonly state: string; readonly tasks: readonly T[] }): T | undefined {
  const blocked = state === 'blocked' ? tasks.filter((task) => task.state === 'blocked') : [];
  return blocked.find(({ notes }) => !notes.some(isStopNote)) ?? blocked[0];
}
