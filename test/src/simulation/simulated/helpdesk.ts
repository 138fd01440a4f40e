import { teamChanged, type TeamId } from '@countersign/contracts';
import { opening, openingAfterwards } from '@countersign/helpdesk-agent/domain/cards';
import type { HelpdeskFacts } from '@countersign/helpdesk-agent/domain/facts';
import { nextToTell } from '@countersign/helpdesk-agent/domain/next-to-tell';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import type { SessionRow, Tx } from './rows.js';
import { tolerant } from './service.js';
import type { World } from './world.js';

const EVERY_MS = 60_000;

/** The helpdesk as `tell.ts` and `status-words.ts` have it: which session the customer is told of is `nextToTell`'s. */
export class Helpdesk {
  private readonly service;

  constructor(private readonly world: World) {
    this.service = world.services['helpdesk-agent'];
    world.bus.on(this.service, teamChanged, (letter) => this.teamChanged(letter));
    this.service.every(EVERY_MS, () => this.sweep());
  }

  private *teamChanged(letter: Letter): Steps {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, letter.teamId, (tx) => {
      if (letter.body['state'] !== 'suspended') return;
      if (this.world.rows.firstTime(this.service, letter)) tell(tx);
    });
  }

  private *sweep(): Steps {
    for (const teamId of this.world.rows.teams.keys()) yield* tolerant(this.status(teamId));
  }

  private *status(teamId: TeamId): Steps {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, teamId, tell);
  }
}

/** In one transaction that has the team's turn: what is told, and under the session's own id, which stands once in a team's conversation. */
function tell(tx: Tx): void {
  const { rows, team } = tx;
  const sessions = rows.sessions.filter(({ teamId }) => teamId === team.id);
  const session = nextToTell(sessions.map((one) => ({ ...one, openedAt: new Date(one.openedAt), closedAt: one.closedAt === null ? null : new Date(one.closedAt), told: rows.words.some(({ messageId }) => messageId === one.id) })), new Date(tx.now));
  if (!session) return;
  const { text } = session.closedAt === null ? opening(factsOf(tx, session)) : openingAfterwards({ team: { name: team.name, state: team.state, reason: session.reason }, session: { plan: session.plan, openedAt: session.openedAt } }, session.closedAt);
  tx.expect(!rows.words.some(({ messageId }) => messageId === session.id), 'already_exists');
  rows.words.push({ sessionId: session.id, messageId: session.id, text, at: tx.now });
  tx.entry('HELPDESK-TOLD', { session: session.id });
}

function factsOf({ rows, team, now }: Tx, { plan, openedAt }: Pick<SessionRow, 'plan'> & { readonly openedAt: Date }): HelpdeskFacts {
  const goals = rows.goalsOf(team.id).map(({ goal, tasks, movedAt }) => ({ state: goal.state, since: new Date(movedAt).toISOString(), tasks: tasks.map(({ title, state }) => ({ title, state })) }));
  return {
    team: { name: team.name, state: team.state, since: new Date(team.changedAt).toISOString(), reason: team.reason }, goals, members: [], running: rows.openInstances(team.id).length, finished: {},
    approvals: { waiting: 0, granted: 0, withdrawn: 0 }, effects: {}, session: { plan, openedAt }, now: new Date(now),
  };
}
