/** An agent that waits for an answer keeps nobody from working; but each is a process, and there is a second place for each at most. */
export const hasRoom = ({ active, waiting }: { readonly active: number; readonly waiting: number }, places: number): boolean => active - waiting < places && active < 2 * places;
