import { wireId, type DenialView, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { iso, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface Row {
  readonly team_id: string;
  readonly id: string;
  readonly kind: DenialView['kind'];
  readonly code: string;
  readonly reason: string;
  readonly what: string;
  readonly instance_id: string | null;
  /** Microseconds: two of one millisecond keep their order. */
  readonly at_us: number;
}

const US_PER_MS = 1000;

/** What the gate and the capabilities refused, of every team the caller may see. */
@Injectable()
export class Denials {
  constructor(private readonly database: Database) {}

  async page(by: Caller, page: PageRequest, teamId?: TeamId): Promise<Page<DenialView>> {
    const limit = limitOf(page);
    const [beforeUs, beforeId] = page.cursor?.split('_') ?? [];
    const rows = await this.database.ops<Row>('denials_page', isStaff(by) ? null : by.customerId, teamId ?? null, beforeUs ?? null, beforeId ?? null, limit + 1);
    return pageOfRows(rows, limit, ({ at_us, id }) => `${at_us}_${id}`, viewOf);
  }
}

const viewOf = ({ team_id, id, kind, code, reason, what, instance_id, at_us }: Row): DenialView => ({
  id,
  teamId: team_id,
  kind,
  code,
  reason,
  what,
  agent: instance_id === null ? null : wireId('instance', instance_id),
  at: iso(new Date(at_us / US_PER_MS)),
});
