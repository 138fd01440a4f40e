import type { TeamId } from '@countersign/contracts';
import type { Database, Tx } from '@countersign/database';

/** The steps of every command of the gate: it came, it was judged and everything is queued, it is on its way to the database, it is committed and nobody has heard. */
export const MILESTONES = ['asked', 'judged', 'sending', 'committed'] as const;
export type Milestone = (typeof MILESTONES)[number];

/** The same database, with somebody who may stop the process at a step of each unit of work. */
export function stoppingAt(database: Database, passed: (milestone: Milestone) => void): Database {
  const withTeam = async <T>(team: TeamId, work: (tx: Tx) => Promise<T>, options: object = {}): Promise<T> => {
    passed('asked');
    const result = await database.withTeam(
      team,
      async (tx) => {
        const answer = await work(tx);
        passed('judged');
        setImmediate(() => passed('sending')); // the statements and COMMIT are written by then, and no answer has been read
        return answer;
      },
      options,
    );
    passed('committed');
    return result;
  };
  return Object.create(database, { withTeam: { value: withTeam } }) as Database;
}
