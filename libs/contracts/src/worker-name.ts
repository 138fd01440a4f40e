/** Who does a task, in a word: the team's member, or the agent that a mission's work item asks for by name. */
export const workerName = ({ member, skill }: { readonly member: { readonly name: string } | null; readonly skill: string }): string => member?.name ?? (skill === '' ? 'any agent' : skill);
