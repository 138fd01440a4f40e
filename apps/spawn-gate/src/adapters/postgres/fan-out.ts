import { principalOf, type Audit } from '@countersign/audit';
import { amountsOfBudget, InstanceId, NotFoundError, type AgentRole, type FannedOut, type FanOut, type ReadyPlace, type RefusedPlace } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { nextSeat, seatsOf, type Seat } from '../../domain/fan-out.js';
import { templateOfMember } from '../../domain/own-agents.js';
import { takeTurn } from './account-book.js';
import { outcomeOf } from './outcomes.js';
import { readDoor } from './read-spawn.js';
import { orderOfPerson } from './spawn-order.js';
import { readTeam } from './spawn-rows.js';
import { settleCase } from './write-spawn.js';

interface ReadyRow {
  readonly id: InstanceId;
  readonly role: AgentRole;
  readonly template_id: string;
  readonly deadline_at: Date;
}

/**
 * Makes places ready, each as if the person had asked for it: by the one evaluator, with a decision of its own, in a transaction of
 * its own. What is still missing is counted under the team's turn, so that two at once make no more than one.
 */
@Injectable()
export class FanOutDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  async fanOut(request: FanOut): Promise<FannedOut> {
    const refused: RefusedPlace[] = [];
    const fresh = new Set<string>();
    for (;;) {
      const step = await this.database.withTeam(request.teamId, (tx) => this.step(tx, request, refused), { principal: principalOf({ kind: 'person', id: request.by.personId }) });
      if ('ready' in step) return reply(request, step.ready, fresh, refused);
      if ('granted' in step) fresh.add(step.granted);
      else refused.push(step);
    }
  }

  /** One more place, the refusal of one, or, with nothing left to ask for, what stands ready. */
  private async step(tx: Tx, { places, by, teamId }: FanOut, refused: readonly RefusedPlace[]): Promise<{ ready: ReadyRow[] } | { granted: InstanceId } | RefusedPlace> {
    const [, seats, ready] = await Promise.all([tx.read(takeTurn(tx)), readSeats(tx), readReady(tx)]);
    const seat = nextSeat(places, seats, ready.map(({ role, template_id }) => ({ role, templateId: template_id })), refused);
    if (!seat) return { ready };
    const { role, templateId, members, budget } = seat;
    const requestId = InstanceId.next();
    const wish = { teamId, requestId, by, role, templateId, justification: `A place for ${members.join(', ')}`, ...(budget ? { budgetOverride: budget } : {}) };
    const { spawn, question } = await readDoor(tx, orderOfPerson(wish));
    const settled = await settleCase(tx, this.audit, spawn, question?.state === 'pending' ? question.id : undefined);
    spawn.book.save(tx);
    const { ok, code, message, approvalId } = outcomeOf(spawn, settled);
    return ok ? { granted: requestId } : { role, templateId, decisionId: requestId, code, message, ...(approvalId === undefined ? {} : { approvalId }) };
  }
}

function reply({ places }: FanOut, rows: readonly ReadyRow[], fresh: ReadonlySet<string>, refused: RefusedPlace[]): FannedOut {
  const ready = rows.map(({ id, role, template_id, deadline_at }): ReadyPlace => ({ instanceId: id, role, templateId: template_id, until: deadline_at.toISOString(), fresh: fresh.has(id) }));
  if (ready.length >= places) return { ok: true, code: 'ok', message: '', ready, refused };
  return { ok: false, code: 'fanout_short', message: `${ready.length} of ${places} places are ready`, ready, refused };
}

/** Whose places the team can use: its active members, with role, template and budget as its bundle says. */
async function readSeats(tx: Tx): Promise<Seat[]> {
  const [team, members] = await Promise.all([
    readTeam(tx),
    tx.read<{ name: string; skill: string; agent: string }>(sql`select name, skill, agent from app.member where team_id = ${tx.scopeId} and kind = 'specialist' and state = 'active' order by id`),
  ]);
  if (!team) throw new NotFoundError('team');
  const order = (team.bundle.members ?? []).map(({ skill }) => skill);
  return seatsOf(
    members
      .sort((a, b) => order.indexOf(a.skill) - order.indexOf(b.skill))
      .map(({ name, skill, agent }) => {
        const entry = team.bundle.members?.find((each) => each.skill === skill);
        return { name, role: entry?.role ?? 'worker', templateId: templateOfMember(team.bundle, { skill, agent }), ...(entry?.budget ? { budget: amountsOfBudget(entry.budget) } : {}) };
      }),
  );
}

/** Places of the team that are for no goal and no agent in particular, and whose time to wait is not over. */
const readReady = (tx: Tx): Promise<ReadyRow[]> =>
  tx.read<ReadyRow>(sql`select id, role, template_id, deadline_at from app.instance where team_id = ${tx.scopeId} and state = 'queued' and deadline_at > clock_timestamp()
    and goal_id is null and task_id is null and parent_id is null order by started_at, id limit 200`);
