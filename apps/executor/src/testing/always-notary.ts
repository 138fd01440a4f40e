import { append, EMPTY_FRONTIER, noteSigner, originOf, privateKeyOfSeed, readEntries, rootOf, signCheckpoint, vkeyOf, type TreeHead } from '@countersign/audit';
import type { CommandClient } from '@countersign/bus';
import type { CheckpointReply, TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';

const KEY = privateKeyOfSeed(Buffer.alloc(32, 7));
const MOST = 10_000;

/** The tree over the first entries of a team's chain, or over all. */
export async function treeOf(database: Database, teamId: TeamId, size = MOST): Promise<TreeHead> {
  const entries = await database.withTeam(teamId, (tx) => readEntries(tx, 0, size, size));
  return { size: entries.length, root: rootOf(append(EMPTY_FRONTIER, entries.map(({ entryHash }) => entryHash))) };
}

export function signed(head: TreeHead, teamId: TeamId): CheckpointReply {
  const signer = noteSigner(originOf('test', teamId), KEY);
  return { ok: true, code: 'ok', size: head.size, note: signCheckpoint(head, signer), vkey: vkeyOf(signer) };
}

/** Where there is no broker: a notary in this process, that signs whatever stands in the chain now. */
export const alwaysNotary = (database: Database): Pick<CommandClient, 'request'> => {
  const request = async (_: unknown, { teamId }: { teamId: TeamId }): Promise<CheckpointReply> => signed(await treeOf(database, teamId), teamId);
  return { request } as unknown as Pick<CommandClient, 'request'>;
};
