/** The log's name: `audit.countersign/<env>/team/<uuid>`; it enters both the signed text and the key id. */
export const originOf = (env: string, teamId: string): string => `audit.countersign/${env}/team/${teamId}`;

/** The team a log's name stands for, or nothing when the name is not one of ours. */
export const teamOfOrigin = (origin: string): string | undefined => /^audit\.countersign\/[a-z0-9._-]+\/team\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(origin)?.[1];
