import { ESCALATION_TRIGGERS, PLATFORM_CHAIN, type EscalationTrigger } from '@countersign/contracts';
import { MailServerDouble, MORE_TEAMS, policyWith, until } from '@countersign/testing';
import { expect } from 'expect';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { egressFile } from '../injection/strangers.js';
import { WireHouse } from '../wire/house.js';
import { Authorities } from './authorities.js';
import { Players } from './players.js';
import { TeamPlay } from './team-play.js';

const ROOT = resolve(import.meta.dirname, '../../..');
/** The other triggers, each with the spec in which a running service, a member or a person is its cause. */
const ELSEWHERE: Partial<Record<EscalationTrigger, string>> = {
  delegation_exceeded: 'test/src/wire/refused.spec.ts',
  composition_change: 'test/src/simulation/coordination.spec.ts',
  quality_failures: 'test/src/simulation/coordination.spec.ts',
  rejections_repeated: 'test/src/simulation/coordination.spec.ts',
  context_full: 'test/src/journeys/main-job.spec.ts', // with the fleet as a process, which keeps and erases files
  coordination_slow: 'test/src/simulation/coordination.spec.ts',
  delegation_biased: 'test/src/simulation/coordination.spec.ts',
  quality_falling: 'test/src/simulation/coordination.spec.ts',
  audit_bypassed: 'test/src/simulation/coordination.spec.ts',
  customer_message: 'test/src/simulation/coordination.spec.ts',
  architecture_change: 'test/src/simulation/coordination.spec.ts',
  app_store_rejection: 'test/src/simulation/coordination.spec.ts',
};

/** In millionths of a dollar: what carrying a team costs by the shipped table, and what one of 24,500 rupees may cost in all by a policy of 49.1 dollars for 60,000. */
const [CARRIED, MAY_COST] = [20_000_000, 20_049_167];
/** By the shipped policy so many helpdesks in a month are not too many, and so slow an answer is not too slow. */
const MOST_A_MONTH = 10;
const SLOW_MS = 500;

/**
 * Each trigger from what is its cause in life: services as processes, members played with the fleet's rights, people over HTTP, and a
 * mail server that does not answer. Where days or minutes must go by, one timestamp is put back, and nothing else: `gone by` says so.
 */
describe('who has to look, because of what happens', () => {
  let house: WireHouse;
  let players: Players;
  let mail: MailServerDouble;
  let people: Authorities;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-triggers-'));

  before(async () => {
    mail = await MailServerDouble.start();
    const bundle = readFileSync(join(ROOT, 'bundles/code-care.yaml'), 'utf8');
    writeFileSync(join(folder, 'code-care.yaml'), bundle);
    writeFileSync(join(folder, 'asking.yaml'), bundle.replace('id: code-care', 'id: asking').replace('activation: preapproved', 'activation: ask'));
    const egress = { COUNTERSIGN_EGRESS: egressFile(folder) };
    // no helpdesk: it comes up in the middle
    house = await WireHouse.open({ notary: {}, executor: { ...egress, SMTP_URL: mail.url }, gateway: { ...egress, COUNTERSIGN_BUNDLES_DIR: folder } });
    for (const policy of [policyWith('team-policy', ['escalation', 'platformCost', 'usd'], 49.1), MORE_TEAMS]) await house.database.admin(policy);
    [players, people] = [await Players.enter(house), await Authorities.enter(house)];
  });
  after(async () => {
    await players?.leave();
    await house?.[Symbol.asyncDispose]();
    await mail?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A person moves a team, or changes its terms. */
  const move = (persona: string, team: string, verb: string, reason = ''): Promise<unknown> => people.post(persona, `/v1/teams/${team}/${verb}`, { reason });
  const goneBy = async (time: string, table: 'trial' | 'team' | 'helpdesk_session', column: string, team: string): Promise<void> => {
    await house.database.admin(`update app.${table} set ${column} = ${column} - $2::interval where team_id = $1`, [team, time]);
  };

  describe('while they happen', { concurrency: true }, () => {
    it('api_slow: a table that the API reads is locked for longer than people should wait', async () => {
      const slow = house.database.admin(`begin; lock table app.bundle in access exclusive mode; select pg_sleep(${(SLOW_MS * 4) / 1000}); commit`);
      await until('it is locked', async () => (await house.database.admin(`select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'app.bundle'::regclass`)).length > 0);
      await Promise.all(Array.from({ length: 60 }, () => people.ask('gov', 'GET', '/v1/bundles')));
      await slow;
      const { figures } = await people.raised('architect', PLATFORM_CHAIN, 'api_slow', { requests: expect.any(String), p95Ms: expect.any(String) });
      expect(Number((figures as { p95Ms: string }).p95Ms)).toBeGreaterThan(SLOW_MS);
    });

    it('cost_over: an agent of a member spends more, call by call, than is left of its team’s price', async () => {
      const play = await TeamPlay.hire(house, players);
      await play.submit();
      await play.spends('docs', [30_000, 30_000]);
      await people.raised('gov', play.team, 'cost_over', { usdMicros: String(CARRIED + 60_000), limitUsdMicros: String(MAY_COST) });
    });

    it('deliverable_ready, effect_unknown: a letter waits for a yes; it is sent, and the mail server cuts the line instead of an answer', async () => {
      const play = await TeamPlay.hire(house, players);
      await play.submit({ effect: { kind: 'email.send', to: ['all@chai.test'], subject: 'This week', body: 'src/docs.js', attachments: ['src/tests.js'] } });
      for (const key of ['docs', 'tests']) await play.round(key);
      await play.enrolPasskey();
      const { id } = await play.asked();
      expect(await people.raised('asha', play.team, 'deliverable_ready')).toMatchObject({ subject: id });
      mail.faults.push('lost');
      await play.decide('approve');
      await people.over(play.team, 'deliverable_ready');
      expect(await people.raised('asha', play.team, 'effect_unknown', { kind: 'email.send' })).toMatchObject({ subject: id });
      expect(await play.entries('EFFECT-UNKNOWN')).toMatchObject([{ approval_id: id }]);
      expect(mail.taken).toHaveLength(1);
      await people.post('asha', `/v1/approvals/${id}/effect/settle`, { outcome: 'executed', reason: 'It came.' });
      await people.over(play.team, 'effect_unknown');
      expect(mail.taken).toHaveLength(1);
    });

    it('trial_ended: the days of a trial are over, and it is made longer', async () => {
      const team = await house.hire({ mode: 'trial' });
      await people.nothingOf(team, 'trial_ended');
      await goneBy('7 days', 'trial', 'ends_at', team);
      await people.raised('asha', team, 'trial_ended');
      expect(await people.entries(team, 'TEAM-TRIAL-EXPIRED', {})).toHaveLength(1);
      await move('gov', team, 'extend');
      await people.over(team, 'trial_ended');
    });

    it('helpdesk_waits: a suspension of a team whose bundle leaves the helpdesk to the governor, who opens it', async () => {
      const team = await house.hire({ bundleId: 'asking' });
      await move('asha', team, 'suspend', 'Stop.');
      await people.raised('gov', team, 'helpdesk_waits');
      await move('gov', team, 'helpdesk/open');
      await people.over(team, 'helpdesk_waits');
    });

    it('team_suspended, plan_waits, suspension_long, helpdesk_silent: a team stands still for days while no helpdesk runs, which then comes up', async () => {
      const team = await house.hire();
      await move('asha', team, 'suspend', 'Stop.');
      await people.raised('asha', team, 'team_suspended');
      await people.raised('genesis', team, 'plan_waits');
      await people.nothingOf(team, 'suspension_long', 'helpdesk_silent');
      await goneBy('121 minutes', 'helpdesk_session', 'opened_at', team);
      await people.raised('gov', team, 'helpdesk_silent');
      await goneBy('6 days', 'team', 'state_changed_at', team);
      await people.raised('gov', team, 'suspension_long');
      house.start('helpdesk-agent');
      await people.over(team, 'helpdesk_silent');
      expect(await people.entries(team, 'HELPDESK-TOLD', {})).toHaveLength(1);
      await move('gov', team, 'reactivate');
      for (const trigger of ['team_suspended', 'plan_waits', 'suspension_long'] as const) await people.over(team, trigger);
    });

    it('helpdesk_often: a team is suspended and let go on once more than is usual in a month', async () => {
      const team = await house.hire();
      for (let time = 0; time <= MOST_A_MONTH; time++) {
        await people.nothingOf(team, 'helpdesk_often');
        await move('asha', team, 'suspend', 'Stop.');
        await move('gov', team, 'reactivate');
      }
      await people.raised('gov', team, 'helpdesk_often');
      expect(await house.database.admin(`select counted from app.escalation where team_id = $1 and trigger = 'helpdesk_often'`, [team])).toEqual([{ counted: MOST_A_MONTH + 1 }]);
    });

    // Nothing that anybody may do leads there: whatever ends a suspension closes its helpdesk in the same transaction, as the last test
    // counts. What does is somebody with every right in the database, who lets a team go on behind the gate's back.
    it('helpdesk_open: a team is let go on by nobody who may, and its helpdesk stays; stopped and let go on by a person, it closes', async () => {
      const team = await house.hire();
      await move('asha', team, 'suspend', 'Stop.');
      await house.database.admin(`update app.team set state = 'active', epoch = epoch + 1, frozen_at = null, state_changed_at = clock_timestamp() where team_id = $1`, [team]);
      await goneBy('61 minutes', 'team', 'state_changed_at', team);
      await people.raised('gov', team, 'helpdesk_open');
      await move('gov', team, 'suspend', 'What is this?');
      await move('gov', team, 'reactivate');
      await people.over(team, 'helpdesk_open');
    });
  });

  it('raises each once, however often it looks, tells nobody twice, and leaves no helpdesk open', async () => {
    const standing = async (team: string, state: string): Promise<boolean> => (await house.database.admin(`select 1 from app.escalation where team_id = $1 and trigger = 'team_suspended' and state = $2`, [team, state])).length > 0;
    const other = await house.hire();
    for (const [persona, verb, state] of [['asha', 'suspend', 'open'], ['gov', 'reactivate', 'resolved']] as const) {
      await move(persona, other, verb, 'Stop.');
      await until('the gate has looked once more', () => standing(other, state));
    }
    await people.onceEach();
    expect(await house.database.admin(`select 1 from app.helpdesk_session s join app.team t on t.team_id = s.team_id where s.closed_at is null and t.state <> 'suspended'`)).toEqual([]);
  });

  it('is tried of every trigger, here or where the list says', () => {
    expect([...people.triggers, ...Object.keys(ELSEWHERE)].sort()).toEqual([...ESCALATION_TRIGGERS].sort());
    for (const [trigger, spec] of Object.entries(ELSEWHERE)) expect([trigger, readFileSync(join(ROOT, spec), 'utf8').includes(`'${trigger}'`)]).toEqual([trigger, true]);
  });
});
