import { NotFoundError, RefusedError, type ApprovalId, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';

/** Which version of a request a person has opened. */
@Injectable()
export class Seen {
  constructor(private readonly database: Database) {}

  /**
   * Remembers that the caller has opened it: whoever names the digest has had the manifest. Throws `RefusedError('digest_differs')` for another one.
   * Resolves with the seconds since it was asked where nobody had opened it before.
   */
  async note(teamId: TeamId, approvalId: ApprovalId, caller: Caller, { digest, deviceId }: { readonly digest: string; readonly deviceId: string | undefined }): Promise<number | undefined> {
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const approval = await tx.one<{ digest: Buffer; waited: number; first: boolean }>(sql`select digest, extract(epoch from clock_timestamp() - created_at)::float8 as waited,
          not exists (select 1 from app.approval_seen s where s.team_id = a.team_id and s.approval_id = a.id) as first from app.approval a where team_id = ${teamId} and id = ${approvalId}`);
        if (approval === undefined) throw new NotFoundError('approval');
        if (approval.digest.toString('hex') !== digest) throw new RefusedError('digest_differs', 'this is not what you were shown');
        tx.ledgerOnly();
        tx.write(sql`insert into app.approval_seen (team_id, approval_id, person_id, digest, device_id) values (${teamId}, ${approvalId}, ${caller.personId}, ${approval.digest}, ${deviceId ?? null})
          on conflict (team_id, approval_id, person_id) do update set at = clock_timestamp(), device_id = excluded.device_id`);
        return approval.first ? approval.waited : undefined;
      },
      { principal: `person:${caller.personId}` },
    );
  }
}
