import { sql, type Statement } from '@countersign/database';
import { policyWith, until } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summaryOf, type Summary } from '../bench/sample.js';
import { WireHouse } from '../wire/house.js';
import { dice } from './dice.js';
import { Players } from './players.js';
import { TeamPlay, type Held, type Members } from './team-play.js';

/** More entries than a goal of two tasks leaves until it is done: a suspension may also come too late to stop it. */
const ENTRIES = 56;
const SOON = 10;
/** Where the first goals are stopped: of what a stop must not leave behind, there is then something. */
const MET: readonly Held[] = ['work', 'question'];
/** So many are stopped by what the guardian saw, the others by their customer. */
const FLAGGED = 0.3;
/** On a machine that is busy. */
const WITHIN_MS = 120_000;
/** Who holds this lock keeps what the executor has to say of what happened until afterwards. */
const LATE = 4_242;
const LATE_RECORDS = `create function app.late() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(${LATE}); return new; end $$;
  create trigger late before update on app.effect for each row when (new.state = 'executed') execute function app.late()`;

/** Where it was stopped: after so many entries, or where a stop meets most. */
type Point = number | 'yes' | 'effect';

/** Teams that go on from one goal to the next, stopped once in each at whatever point it has come to. The members are played; manager, gate, gateway, executor and helpdesk are the real processes. */
export class Suspensions implements AsyncDisposable {
  /** Milliseconds from the order to stop until the helpdesk has told the customer. */
  private readonly takeovers: number[] = [];
  /** How far the goals had come, in entries. */
  readonly points: number[] = [];

  private constructor(
    private readonly house: WireHouse,
    private readonly players: Players,
    private readonly published: string,
    private readonly teams: readonly TeamPlay[],
    private readonly roll: () => number,
  ) {}

  static async open({ teams, seed }: { readonly teams: number; readonly seed: number }): Promise<Suspensions> {
    const published = mkdtempSync(join(tmpdir(), 'countersign-suspended-'));
    const house = await WireHouse.open({ 'helpdesk-agent': {}, notary: {}, executor: { COUNTERSIGN_PUBLISH_DIR: published } });
    await house.database.admin(policyWith('approval-policy', ['watch', 'asks', 'ofAgent'], 10_000)); // a hundred questions in ten minutes pause an agent
    const players = await Players.enter(house);
    const hired: TeamPlay[] = [];
    for (let team = 0; team < teams; team++) hired.push(await TeamPlay.hire(house, players));
    return new Suspensions(house, players, published, hired, dice(seed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.players.leave();
    await this.house[Symbol.asyncDispose]();
    rmSync(this.published, { recursive: true, force: true });
  }

  /** How it went, for people. */
  words(): string {
    const { p50, p99 } = this.takeover;
    return `${this.points.length} suspensions after ${Math.min(...this.points)} to ${Math.max(...this.points)} entries; the helpdesk had told the customer after ${p50.toFixed(0)} ms at the median, p99 ${p99.toFixed(0)} ms`;
  }

  get takeover(): Summary {
    return summaryOf(this.takeovers);
  }

  async run(rounds: number): Promise<void> {
    let begun = 0;
    await Promise.all(this.teams.map(async (play) => {
      while (begun < rounds) await this.round(play, MET[begun++]);
    }));
    expect(await this.cut()).toEqual({ agents: true, questions: true });
    expect(readdirSync(this.published).length).toBe(rounds);
    await this.allHeard(rounds);
  }

  /** Whether any stop ended the agent of a member, and whether any took back a question. */
  private async cut(): Promise<object> {
    const [cut] = await this.house.database.admin<object>(`select exists (select from app.instance i join app.member m on m.id = i.member_id where m.kind = 'specialist' and i.state = 'cancelled' and i.end_reason = 'team_suspended') as agents,
      exists (select from audit.entry where convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'APPROVAL-WITHDRAWN') as questions`);
    return cut!;
  }

  /** By each of their ways the customer's people have heard of each of so many suspensions, once. */
  private async allHeard(suspensions: number): Promise<void> {
    const heard = (): Promise<{ n: number }[]> => this.house.database.admin(`select count(*)::int as n from app.account_notice where kind = 'team_suspended' group by person_id, channel, device_id, address`);
    await until('each phone was told of each suspension', async () => (await heard()).every(({ n }) => n >= suspensions), WITHIN_MS);
    expect(await heard()).toEqual(this.teams.map(() => ({ n: suspensions })));
  }

  /** Let go on before the helpdesk can have heard that they stand still: of each time the customer is told all the same, once, why and what was to happen next. */
  async hasty(times: number): Promise<void> {
    await Promise.all(this.teams.map(async (play) => {
      for (let time = 0; time < times; time++) await this.deaf(play, async () => {
        await play.move('asha', 'suspend', `Stop for a moment, ${time}.`);
        await play.move('gov', 'reactivate');
      });
    }));
    const untold = (): Promise<object[]> => this.house.database.admin(`select s.team_id, s.reason, s.closed_at, c.text from app.helpdesk_session s left join app.conversation c on c.team_id = s.team_id and c.message_id = s.id
      where s.reason like 'Stop for a moment%' and (c.text is null or position(s.reason in c.text) = 0 or position(s.plan in c.text) = 0)`);
    await until('the customer was told of each', async () => (await untold()).length === 0, WITHIN_MS);
    for (const play of this.teams) {
      const sessions = (await play.entries('HELPDESK-TOLD')).map((body) => body['session_id']);
      expect(new Set(sessions).size).toBe(sessions.length);
    }
    await this.allHeard(this.takeovers.length + times * this.teams.length);
  }

  /** Stopped with a yes that nobody has used yet: it is worth nothing any more, so its customer is asked anew when the team goes on, and it happens once. */
  async withAYes(): Promise<void> {
    const play = this.teams[0]!;
    await this.working(play, undefined, async () => {
      await this.house.holding('executor', async () => {
        await this.recorded(play, 'MOBILE-APPROVAL-GRANTED');
        await this.suspend(play, 'yes');
      });
      await this.recorded(play, 'EFFECT-REFUSED');
      await this.goOn(play);
    });
    await this.wentOnce(play, 'yes');
    expect((await play.actions()).filter((action) => action === 'MOBILE-APPROVAL-GRANTED' || action.startsWith('EFFECT-'))).toEqual(['MOBILE-APPROVAL-GRANTED', 'EFFECT-REFUSED', 'MOBILE-APPROVAL-GRANTED', 'EFFECT-STARTED', 'EFFECT-EXECUTED']);
  }

  /** Stopped when what was approved has happened outside and its record is not written yet: that comes while the team stands still, nothing is done again, and the goal ends with it. */
  async whileItHappens(): Promise<void> {
    const play = this.teams[0]!;
    const there = readdirSync(this.published).length;
    await this.house.database.admin(LATE_RECORDS);
    await this.working(play, undefined, async () => {
      await this.locked(sql`select pg_advisory_xact_lock(${LATE}::int8)`, async () => {
        await until('it is published', () => readdirSync(this.published).length > there, WITHIN_MS, SOON);
        await this.suspend(play, 'effect');
        expect((await play.actions()).filter((action) => action.startsWith('EFFECT-'))).toEqual(['EFFECT-STARTED']);
      });
      await this.recorded(play, 'EFFECT-EXECUTED');
      await this.goOn(play);
    });
    await this.wentOnce(play, 'effect');
    expect(readdirSync(this.published).length).toBe(there + 1);
  }

  /** The helpdesk has a turn of each team: who holds it, keeps what the helpdesk hears of that team until afterwards. */
  private deaf(play: TeamPlay, work: () => Promise<void>): Promise<void> {
    return this.locked(sql`select pg_advisory_xact_lock(hashtextextended('helpdesk:' || ${play.team}, 0))`, work);
  }

  private locked(lock: Statement, work: () => Promise<void>): Promise<void> {
    return this.house.database.as('gateway').withPlatform(async (tx) => {
      tx.ledgerOnly();
      await tx.read(lock);
      await work();
    });
  }

  private round(play: TeamPlay, met?: Held): Promise<void> {
    return this.working(play, met, async (members) => {
      const point = Math.floor(this.roll() * ENTRIES);
      const come = async (): Promise<boolean> => (met === undefined ? (await play.come()) >= point || (await play.isOver()) : members.wait());
      await until('the goal has come so far', come, WITHIN_MS, SOON);
      this.points.push(await play.come());
      await this.suspend(play, point);
      members.goOn();
      await this.goOn(play);
      await this.wentOnce(play, point);
    });
  }

  /** A goal, with its members at work until `work` is over. */
  private async working(play: TeamPlay, met: Held | undefined, work: (members: Members) => Promise<void>): Promise<void> {
    await play.submit();
    const members = play.membersAtWork(met);
    try {
      await work(members);
    } finally {
      await members.stop();
    }
  }

  private async recorded(play: TeamPlay, action: string): Promise<void> {
    await until(action, async () => (await play.actions()).includes(action), WITHIN_MS, SOON);
  }

  private async goOn(play: TeamPlay): Promise<void> {
    await play.move('gov', 'reactivate');
    await play.goalIs('done').catch(async (cause: unknown) => {
      throw new Error(`after ${this.takeovers.length} suspensions a goal does not go on: ${JSON.stringify(await play.standing())}`, { cause });
    });
  }

  private async suspend(play: TeamPlay, point: Point): Promise<void> {
    const began = performance.now();
    await (this.roll() < FLAGGED ? play.flag() : play.move('asha', 'suspend', 'Stop here.'));
    await this.recorded(play, 'HELPDESK-TOLD');
    this.takeovers.push(performance.now() - began);
    expect(await play.leftBehind()).toEqual({ running: 0, held: 0, questions: 0 });
    expect([point, (await play.askHelpdesk('What is kept?')).answer]).toEqual([point, expect.stringMatching(/kept|keeps/)]);
  }

  /** What the goal's record says after all: told once, nothing begun while the team stood still, and one effect for one yes. */
  private async wentOnce(play: TeamPlay, point: Point): Promise<void> {
    const actions = await play.actions();
    const count = (action: string): number => actions.filter((one) => one === action).length;
    const still = actions.slice(actions.indexOf('TEAM-SUSPENDED'), actions.indexOf('TEAM-REACTIVATED'));
    const once = ['TEAM-SUSPENDED', 'HELPDESK-ACTIVATED', 'HELPDESK-TOLD', 'TEAM-REACTIVATED', 'HELPDESK-DEACTIVATED', 'EFFECT-EXECUTED', 'GOAL-COMPLETED'];
    expect({ point, ...Object.fromEntries(once.map((action) => [action, count(action)])) }).toEqual({ point, ...Object.fromEntries(once.map((action) => [action, 1])) });
    // what had begun when the team was stopped is killed, and stands as failed where it had not happened
    expect([point, count('EFFECT-STARTED')]).toEqual([point, 1 + count('EFFECT-FAILED')]);
    expect([point, still.filter((action) => ['MANAGER-TASK-ASSIGNED', 'MOBILE-APPROVAL-REQUESTED', 'MOBILE-APPROVAL-GRANTED', 'INSTANCE-STARTED', 'TEAM-MEMBER-OUTPUT'].includes(action))]).toEqual([point, []]);
    expect([point, await play.lateEffects(), await play.openQuestions()]).toEqual([point, [], 0]);
  }
}
