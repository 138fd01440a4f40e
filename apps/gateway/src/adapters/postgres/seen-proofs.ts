import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';

/** Proofs of possession that were used: each is taken once, by whichever copy of the gateway it reaches, also after a restart. */
@Injectable()
export class SeenProofs {
  constructor(private readonly database: Database) {}

  /** True for the first who names it within the time in which a proof can be taken. One round trip. */
  async isFirst(mark: Buffer): Promise<boolean> {
    const [row] = await this.database.ops<{ proof_once: boolean }>('proof_once', mark);
    return row!.proof_once;
  }
}
