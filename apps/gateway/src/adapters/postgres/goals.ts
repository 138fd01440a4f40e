import { NotFoundError, type ApprovalState, type Effect, type EffectState, type GoalDetail, type GoalId, type GoalMode, type GoalSummary, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { viewOf } from '../../domain/approval-view.js';
import { askAgain } from '../../domain/ask-again.js';
import { costRehearsal, possibleOvershoot } from './costs.js';
import { readDeliverable, readLineage } from './goal-work.js';
import { iso, isoOrNull, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';
import { readTasks } from './tasks.js';

interface GoalRow {
  readonly id: string;
  readonly text: string;
  readonly state: GoalSummary['state'];
  readonly note: string;
  readonly mode: GoalMode;
  readonly workers: number | null;
  readonly paused_at: Date | null;
  readonly pause_reason: string;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly finished_at: Date | null;
  readonly cost_micros: number;
  readonly cost_rehearsal: boolean;
  readonly repository: { readonly base?: string; readonly branch?: string; readonly remote?: string } | null;
  readonly repair: object | null;
  readonly effect: Readonly<Record<string, unknown>> | null;
}
interface OutcomeRow {
  readonly approval_id: string;
  readonly approval_state: ApprovalState;
  readonly effect_id: string | null;
  readonly state: EffectState | null;
  readonly kind: string;
  readonly code: string | null;
  readonly receipt: object | null;
}

interface NotAskedRow {
  readonly code: string;
  readonly detail: { readonly need?: number; readonly found?: number };
  readonly at: Date;
}
const notAskedOf = ({ code, detail: { need, found }, at }: NotAskedRow): GoalDetail['notAsked'] => ({
  code, at: iso(at),
  ...(need === undefined || found === undefined
    ? { message: UNSENDABLE[code] ?? `${NOT_ASKABLE[code] ?? `Something is wrong with it or with this service (${code}): whoever runs the service has to look.`} It is asked as soon as that is mended.` }
    : { need, found, message: `${need} must say yes to this, and ${found === 0 ? 'nobody' : `only ${found}`} could: who asked or made a part of it does not count. It is asked as soon as there are enough.` }),
});
const UNSENDABLE: Readonly<Record<string, string>> = {
  too_large: 'It is larger than may be sent: a webhook has 1 MiB at most, an e-mail 512 KiB of text and 6 MiB with its attachments. Nothing was sent, and the files are kept. Cancel the goal, and ask for less.',
  not_a_text: 'What the e-mail would say is no text. Nothing was sent, and the files are kept. Cancel the goal, and ask for a text in UTF-8.',
};
const NO_PLACE = 'It would not go to a repository that the customer has adopted.';
const NOT_ASKABLE: Readonly<Record<string, string>> = {
  digest_mismatch: 'The stored files are not the ones that were proposed.',
  mirror_foreign: NO_PLACE,
  remote_not_adopted: NO_PLACE,
  remote_not_allowed: 'The operator does not let your work be pushed there: ask them to list the repository.',
  effect_not_allowed: 'The operator lets nothing of the kind leave for you: ask them to list where it goes.',
  host_not_allowed: 'The operator does not let your webhooks go to this host: ask them to list it.',
  sender_not_allowed: 'The operator lets nothing leave from this address: ask them to list it.',
  recipient_not_allowed: 'The operator does not let your e-mails go to the domain of each recipient: ask them to list it.',
};

/** What the goal's account has spent; its account carries the goal's own id. */
const goalColumns = sql`g.id, g.text, g.state, g.mode, g.workers, g.note, g.paused_at, g.pause_reason, g.created_at, g.changed_at, g.finished_at, g.repository, g.repair, g.effect,
  coalesce((select b.spent from app.budget b where b.team_id = g.team_id and b.account_id = g.id and b.unit = 'usd_micros'), 0) as cost_micros, ${costRehearsal(sql`g.team_id`, sql`g.id`)} as cost_rehearsal`;

/** Goals as people see them. */
@Injectable()
export class Goals {
  constructor(private readonly database: Database) {}

  /** What becomes of a goal that says nothing of it. */
  async usualEffect(teamId: TeamId): Promise<Effect['kind']> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<{ kind: Effect['kind'] | null }>(sql`select t.bundle #>> '{effect,kind}' as kind from app.team t where t.team_id = ${teamId}`));
    return row?.kind ?? 'git.push';
  }

  list(teamId: TeamId, page: PageRequest): Promise<Page<GoalSummary>> {
    const limit = limitOf(page);
    return this.database.withTeam(teamId, async (tx) => {
      const rows = await tx.read<GoalRow>(sql`select ${goalColumns} from app.goal g where g.team_id = ${teamId} and (${page.cursor ?? null}::uuid is null or g.id < ${page.cursor ?? null}::uuid) order by g.id desc limit ${limit + 1}`);
      return pageOfRows(rows, limit, ({ id }) => id, summaryOf);
    });
  }

  detail(teamId: TeamId, goalId: GoalId): Promise<GoalDetail> {
    return this.database.withTeam(teamId, async (tx) => {
      const [[goal], tasks, lineage, deliverable, [outcome], [notAsked], [beyond]] = await Promise.all([
        tx.read<GoalRow>(sql`select ${goalColumns} from app.goal g where g.team_id = ${teamId} and g.id = ${goalId}`),
        readTasks(tx, goalId),
        readLineage(tx, goalId),
        readDeliverable(tx, goalId),
        tx.read<OutcomeRow>(sql`select a.id as approval_id, a.state as approval_state, e.id as effect_id, e.state, e.kind, e.code, e.receipt from app.approval a
          left join app.effect e on e.team_id = a.team_id and e.approval_id = a.id where a.team_id = ${teamId} and a.goal_id = ${goalId} order by a.revision desc limit 1`),
        tx.read<NotAskedRow>(sql`select u.code, u.detail, u.at from app.unasked u join app.deliverable d on d.team_id = u.team_id and d.id = u.deliverable_id
          where u.team_id = ${teamId} and d.goal_id = ${goalId} and not exists (select from app.approval a where a.team_id = u.team_id and a.deliverable_id = u.deliverable_id) order by d.revision desc limit 1`),
        tx.read<{ overshoot: number }>(sql`select o.overshoot from (${possibleOvershoot(sql`${teamId}::uuid`, sql`i.goal_id = ${goalId}`)}) o where o.unit = 'usd_micros'`),
      ]);
      if (goal === undefined) throw new NotFoundError('goal');
      return { ...summaryOf(goal), overshoot: { amountMicros: beyond?.overshoot ?? 0, currency: 'USD' }, tasks, lineage, deliverable, ...outcomeOf(outcome), repository: repositoryOf(goal), notAsked: notAsked && goal.state === 'proposed' ? notAskedOf(notAsked) : null, again: askAgain(goal) };
    });
  }
}

export async function newestGoals(tx: Tx, limit: number): Promise<GoalSummary[]> {
  const rows = await tx.read<GoalRow>(sql`select ${goalColumns} from app.goal g where g.team_id = ${tx.scopeId} order by g.id desc limit ${limit}`);
  return rows.map(summaryOf);
}

const summaryOf = (row: GoalRow): GoalSummary => ({
  id: row.id,
  text: row.text,
  state: row.state,
  createdAt: iso(row.created_at),
  changedAt: iso(row.changed_at),
  finishedAt: isoOrNull(row.finished_at),
  note: row.note,
  pausedAt: isoOrNull(row.paused_at),
  pauseReason: row.pause_reason,
  mode: row.mode,
  ...(row.workers === null ? {} : { workers: row.workers }),
  cost: { amountMicros: row.cost_micros, currency: 'USD', rehearsal: row.cost_rehearsal },
});

function outcomeOf(row: OutcomeRow | undefined): Pick<GoalDetail, 'approval' | 'effect'> {
  if (row === undefined) return { approval: null, effect: null };
  const approval = { id: row.approval_id, state: viewOf(row.approval_state, row.state ?? undefined) };
  if (row.effect_id === null || row.state === null) return { approval, effect: null };
  return { approval, effect: { id: row.effect_id, state: row.state, kind: row.kind, code: row.code, receipt: row.receipt } };
}

const repositoryOf = ({ repository }: GoalRow): GoalDetail['repository'] =>
  repository?.base === undefined ? null : { base: repository.base, branch: repository.branch ?? '', remote: repository.remote ?? '' };
