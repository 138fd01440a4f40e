import { type ApprovalChallenge, type ApprovalId, type TeamId } from '@countersign/contracts';
import { approvalPreimage, challengeSeconds, countsFrom, toBase64url, unfitFor } from '@countersign/contracts/assertions';
import { Database, sql, type Statement, type Tx } from '@countersign/database';
import { es256 } from '@countersign/service';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Caller } from '../../domain/access.js';
import type { ChallengeFacts } from '../../domain/judge-signature.js';
import { ApproverKeys } from './approver-keys.js';
import { readApproval, readNow } from './approval-rows.js';

/** What signatures are asked over: each counts once. */
@Injectable()
export class Challenges {
  constructor(
    private readonly database: Database,
    private readonly keys: ApproverKeys,
  ) {}

  /** Gives a person on a device a challenge for an approval, good for two minutes, or one where a passkey must verify them. */
  async give(teamId: TeamId, approvalId: ApprovalId, caller: Caller, deviceId: string): Promise<ApprovalChallenge> {
    const keys = await this.keys.usableOn(caller, deviceId);
    const { personId } = caller;
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      const [approval, now] = await Promise.all([readApproval(tx, approvalId), readNow(tx)]);
      const { tier, digest } = approval!;
      const nonce = randomBytes(32);
      const expiresAt = Math.floor(now.getTime() / 1000) + challengeSeconds(tier);
      tx.write(sql`delete from app.approval_challenge where team_id = ${teamId} and approval_id = ${approvalId} and expires_at < clock_timestamp()`);
      tx.write(sql`insert into app.approval_challenge (team_id, nonce, approval_id, person_id, device_id, expires_at) values (${teamId}, ${nonce}, ${approvalId}, ${personId}, ${deviceId}, ${new Date(expiresAt * 1000)})`);
      const challenge = es256.sha256(approvalPreimage({ digest: digest.toString('hex'), nonce, approverId: personId, deviceId, expiresAt }));
      const credentials = keys.filter((key) => unfitFor(tier, key) === undefined).map((key) => ({ credentialId: key.credentialId, kind: key.kind, effectiveFrom: countsFrom(tier, key) }));
      const deviceCounts = keys.some((key) => key.deviceId === deviceId && Date.parse(countsFrom(tier, key) ?? '') <= now.getTime());
      return { nonce: toBase64url(nonce), expiresAt, challenge: toBase64url(challenge), rpId: this.keys.rpId, tier, personId, deviceId, deviceCounts, credentials };
    });
  }
}

interface ChallengeRow {
  readonly person_id: string;
  readonly device_id: string;
  readonly expires_at: Date;
}

/** One of this approval's that nobody has used. */
export async function readChallenge(tx: Tx, approvalId: string, nonce: Uint8Array): Promise<ChallengeFacts | undefined> {
  const row = await tx.one<ChallengeRow>(sql`select person_id, device_id, expires_at from app.approval_challenge where team_id = ${tx.scopeId} and nonce = ${Buffer.from(nonce)} and approval_id = ${approvalId}`);
  return row && { nonce, personId: row.person_id, deviceId: row.device_id, expiresAt: row.expires_at };
}

/** Of several decisions with one challenge, one finds it. */
export const takeChallenge = (teamId: TeamId, { nonce }: ChallengeFacts): Statement => sql`delete from app.approval_challenge where team_id = ${teamId} and nonce = ${Buffer.from(nonce)}`;
