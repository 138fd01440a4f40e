import { personal, type Audit, type Personal } from '@countersign/audit';
import { type MoveTeam, type TeamId, type TeamState } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import type { Certified } from './certify.js';
import type { Session } from './helpdesk-session.js';
import type { TeamRow } from './spawn-rows.js';

/** A move that the gate makes by itself: its reason is a code, and maybe words for the customer. */
export interface OwnMove {
  readonly teamId: TeamId;
  readonly verb: 'suspend' | 'complete';
  readonly code: string;
  readonly reason: string;
  /** The member or instance that is the cause. */
  readonly rootCause?: string;
  /** What was written down of it. */
  readonly causes?: readonly string[];
}
export type MoveOrder = MoveTeam | OwnMove;
export const isOwn = (order: MoveOrder): order is OwnMove => 'code' in order;

/** One move that was decided: the request, the team as it was and will be, and the database's time. */
export interface Move {
  readonly request: MoveOrder;
  readonly before: TeamState;
  readonly team: TeamRow;
  readonly stops: boolean;
  readonly now: Date;
}

export interface MoveResult {
  /** The sessions in which the helpdesk began, and ceased, to answer with the move. */
  readonly opened: Session | undefined;
  readonly closed: Session | undefined;
  readonly managerInstanceId: string | undefined;
  /** What a certification or a rejection was judged by, and why the team could not have been certified. */
  readonly certified?: (Certified & { readonly refusal?: string }) | undefined;
}

/** A person's words are personal; where none were given, a code says so. */
function wordsOf(order: MoveOrder): Personal | string {
  if (isOwn(order)) return order.code;
  return order.reason.trim() === '' ? 'unspecified' : personal(order.by.personId, order.reason);
}

const rejectedBy = ({ genesis_decision_id, bundle, bundle_sha256, refusal, evidence_sha256 }: NonNullable<MoveResult['certified']>) => ({ genesis_decision_id, bundle, bundle_sha256, refusal, evidence_sha256 });

/** The entries of one move, in the order things happen. */
export async function writeMove(tx: Tx, audit: Audit, { request, before, team, now }: Move, { opened, closed, managerInstanceId, certified }: MoveResult): Promise<void> {
  const team_id = team.team_id;
  const reason = wordsOf(request);
  const helpdeskOver = async (): Promise<void> => {
    if (closed) await audit(tx, 'HELPDESK-DEACTIVATED', { team_id, resolution: reason, session_id: closed.id });
  };
  switch (request.verb) {
    case 'certify':
      return void (await audit(tx, 'TEAM-CERTIFIED', { team_id, ...certified! }));
    case 'reject':
      return void (await audit(tx, 'TEAM-REJECTED', { team_id, reason, ...rejectedBy(certified!) }));
    case 'deploy':
      return void (await audit(tx, 'TEAM-DEPLOYED', { team_id, deployment_timestamp: now, mode: team.mode, manager_instance_id: managerInstanceId }));
    case 'suspend':
      await audit(tx, 'TEAM-SUSPENDED', { team_id, reason, root_cause_agent_id: (isOwn(request) ? request.rootCause : undefined) ?? null, epoch: team.epoch });
      await helpdeskOver();
      if (opened) await audit(tx, 'HELPDESK-ACTIVATED', { team_id, reason, session_id: opened.id, authority: `bundle:${team.bundle_id}@${team.bundle_version}` });
      return;
    case 'reactivate':
      await helpdeskOver();
      return void (await audit(tx, 'TEAM-REACTIVATED', { team_id, resolution: reason, epoch: team.epoch }));
    case 'complete':
      await helpdeskOver();
      return void (await audit(tx, 'TEAM-COMPLETED', { team_id, reason }));
    case 'dissolve':
      await helpdeskOver();
      return void (await audit(tx, 'TEAM-DISSOLVED', { team_id, reason }));
    case 'cancel':
      await helpdeskOver();
      await audit(tx, 'TEAM-CANCELLED', { team_id, reason, from_state: before, mode: team.mode });
      return void (await audit(tx, team.state === 'completed' ? 'TEAM-COMPLETED' : 'TEAM-DISSOLVED', { team_id, reason: 'cancelled' }));
    case 'archive':
      return void (await audit(tx, 'TEAM-ARCHIVED', { team_id }));
  }
}
