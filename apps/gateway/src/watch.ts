import { moveTeam, pauseAgent, type PersonId, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { Commands, requester } from './adapters/http/commands.js';
import { AlertWriter, type Unstopped } from './adapters/postgres/alert-writer.js';
import { People } from './adapters/postgres/people.js';

/** Looks for agents that wear people out, and for what people reported, and has stopped what is to be stopped. All of it is found from rows: a death in between only delays it. */
@Injectable()
export class Watch {
  constructor(
    private readonly database: Database,
    private readonly writer: AlertWriter,
    private readonly people: People,
    private readonly commands: Commands,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async look(): Promise<void> {
    await this.writer.raise();
    for (const alert of await this.database.ops<Unstopped>('unstopped_alerts')) {
      await this.stop(alert).catch((error: unknown) => this.log.error({ err: error, teamId: alert.team_id, alertId: alert.id }, 'what an alert stops is not stopped yet, to be tried again'));
    }
  }

  private async stop({ team_id: teamId, id, stops, by_person }: Unstopped): Promise<void> {
    if (stops === 'agent') await this.commands.carry(pauseAgent, { teamId, alertId: id });
    else if (stops === 'team' && (await this.writer.isActive(teamId))) await this.suspend(teamId, by_person!);
    await this.writer.stopped(teamId, id);
  }

  /** In the name of who reported it. */
  private async suspend(teamId: TeamId, personId: PersonId): Promise<void> {
    const person = await this.people.byId(personId);
    if (person === undefined) throw new TypeError('a report by nobody');
    await this.commands.carry(moveTeam, { teamId, by: requester({ personId, customerId: person.customerId, roles: person.roles }), verb: 'suspend', reason: 'A request of the team was reported as suspicious.' });
  }
}
