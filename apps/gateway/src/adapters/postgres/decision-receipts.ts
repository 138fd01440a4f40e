import { receiptText, type DecisionReceipt, type ReceiptSignature } from '@countersign/audit';
import { NotFoundError, type AuditProofView, type CustomerId, type DecisionEntry, type TeamId } from '@countersign/contracts';
import { toBase64url, type Assertion, type KeyKind } from '@countersign/contracts/assertions';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { SignedHeads } from '../nats/signed-heads.js';
import { isUndone } from './approval-rows.js';
import { decisionOf, type DecisionBy } from './approvals.js';
import { AuditProofs } from './audit-proofs.js';

interface DecidedRow {
  readonly entry_id: string;
  readonly person_id: string | null;
  readonly device_id: string | null;
  readonly assertion: (Assertion & { readonly nonce: string; readonly kind: KeyKind; readonly expiresAt: number }) | null;
}
interface KeyRow {
  readonly credential_id: string;
  readonly public_key: Buffer;
  readonly rp_id: string;
}

type MadeRow = Parameters<typeof decisionOf>[0] & { readonly id: string; readonly person_id: string | null; readonly device_id: string | null; readonly undone: boolean };
export interface MadeDecision {
  readonly entry: DecisionEntry;
  /** Whose names are looked up where it is shown. */
  readonly by: DecisionBy;
}
/** A page of them; the newest where there are more. */
const MOST_LISTED = 1_000;

/** What a person keeps of a decision. */
@Injectable()
export class DecisionReceipts {
  constructor(
    private readonly database: Database,
    private readonly heads: SignedHeads,
    private readonly proofs: AuditProofs,
  ) {}

  /** All of an approval, oldest first, as far as they have a receipt. */
  async list(teamId: TeamId, approvalId: string): Promise<readonly MadeDecision[]> {
    const rows = await this.database.withTeam(teamId, (tx) =>
      tx.read<MadeRow>(sql`select d.id, d.decision, d.at, d.person_id, d.device_id, d.reason, d.assertion ->> 'kind' as signed_with, ${isUndone} as undone
        from app.approval_decision d where d.team_id = ${teamId} and d.approval_id = ${approvalId} and d.entry_id is not null order by d.at desc, d.id desc limit ${MOST_LISTED}`),
    );
    return rows.reverse().map(({ id, person_id: personId, device_id: deviceId, undone, ...row }) => ({ entry: { id, undone, ...decisionOf(row) }, by: { personId, deviceId } }));
  }

  /** Of a decision on an approval, the newest unless one is named; a timeout has one, too. Of the newest that was held, that of its effect, once it has one. Its entry stands under a head that is signed by now. */
  async of(teamId: TeamId, customerId: CustomerId, approvalId: string, decisionId?: string): Promise<DecisionReceipt> {
    const row = await this.database.withTeam(teamId, (tx) =>
      tx.one<DecidedRow>(sql`select case when d.decision = 'undo' or d.person_id is null or exists (select from app.approval_decision l where l.team_id = d.team_id and l.approval_id = d.approval_id and l.at > d.at) then d.entry_id else coalesce(a.effect_entry_id, d.entry_id) end as entry_id, d.person_id, d.device_id, d.assertion
        from app.approval_decision d join app.approval a on a.team_id = d.team_id and a.id = d.approval_id where d.team_id = ${teamId} and d.approval_id = ${approvalId} and d.entry_id is not null and (${decisionId ?? null}::uuid is null or d.id = ${decisionId ?? null}) order by d.at desc limit 1`),
    );
    if (row === undefined) throw new NotFoundError('decision');
    const [{ vkey }, signature] = await Promise.all([this.heads.sign(teamId), this.signatureOf(customerId, row)]);
    const { entry = '', index = 0, path, note }: AuditProofView = await this.proofs.inclusion(teamId, { entryId: row.entry_id });
    return { key: vkey, proof: receiptText({ line: entry, index, path: path.map((hash) => Buffer.from(hash, 'hex')), note }), signature };
  }

  private async signatureOf(customerId: CustomerId, { person_id: personId, device_id: deviceId, assertion }: DecidedRow): Promise<ReceiptSignature | null> {
    if (assertion === null || personId === null || deviceId === null) return null;
    const key = (await this.database.ops<KeyRow>('approver_keys', customerId)).find(({ credential_id }) => credential_id === assertion.credentialId);
    if (key === undefined) throw new NotFoundError('key of the signature');
    return { ...assertion, personId, deviceId, publicKey: toBase64url(key.public_key), rpId: key.rp_id };
  }
}
