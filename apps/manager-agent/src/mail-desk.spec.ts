import { auditor, serviceKey } from '@countersign/audit';
import { InstanceId, PersonId, uuidv7, type MemberId, type SendToMember } from '@countersign/contracts';
import { sql, type Database } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { AgentDesk } from './agent-desk.js';
import { GoalDesk } from './goal-desk.js';
import { MailDesk } from './mail-desk.js';
import { CareTeam } from './testing/team.js';

const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });

describe('what people write to members, from rows', () => {
  let database: TestDatabase;
  let asManager: Database;
  let mail: MailDesk;
  let agents: AgentDesk;
  let goals: GoalDesk;
  let team: CareTeam;
  let dora: { instance: InstanceId; member: MemberId };
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
    mail = new MailDesk(asManager, audit);
    agents = new AgentDesk(asManager, audit);
    goals = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
  });
  after(() => database.close());
  beforeEach(async () => {
    team = await CareTeam.hire(database);
    const goal = team.goal();
    await goals.submit(goal);
    dora = await agentOf('docs');
  });

  const agentOf = async (key: string): Promise<{ instance: InstanceId; member: MemberId }> => {
    const instance = InstanceId.next();
    const [row] = await database.admin<{ member_id: MemberId }>(
      `insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
       select team_id, $2, member_id, goal_id, id, $3, 'worker', 't', 'running', '{}', '{}', '', 1, 3, 1 from app.task where team_id = $1 and key = $4 returning member_id`,
      [team.seeded.teamId, instance, uuidv7(), key]);
    return { instance, member: row!.member_id };
  };
  const requester = (over = {}) => ({ personId: team.seeded.personId, customerId: team.seeded.customerId, roles: ['customer_governor'], ...over });
  const write = (over: Partial<SendToMember> = {}) => {
    const request: SendToMember = { teamId: team.seeded.teamId, messageId: uuidv7(), by: requester(), kind: 'message', to: dora.member, text: 'Mind the README', summary: '', ...over };
    return mail.send(request).then((reply) => ({ ...reply, id: request.messageId, request }));
  };
  /** Another agent of the same member. */
  const another = async (key: string, taskKey: string): Promise<InstanceId> => {
    const instance = InstanceId.next();
    await database.admin(`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
       select k.team_id, $2, (select member_id from app.task where team_id = $1 and key = $4), k.goal_id, k.id, $3, 'worker', 't', 'running', '{}', '{}', '', 1, 3, 1 from app.task k where k.team_id = $1 and k.key = $5`, [team.seeded.teamId, instance, uuidv7(), key, taskKey]);
    return instance;
  };
  const said = (instanceId: InstanceId, words: { delivered?: string[]; read?: string[] }) => mail.take({ ...as(instanceId), ...words });
  const as = (instanceId: InstanceId) => ({ teamId: team.seeded.teamId, instanceId, callId: uuidv7() });
  const receipt = async (id: string, member = dora.member) =>
    (await database.admin(`select delivered_at is not null as delivered, delivered_to as "to", read_at is not null as read, answered_at is not null as answered, answer_id as answer from app.message_receipt where message_id = $1 and member_id = $2`, [id, member]))[0];
  const fresh = { delivered: false, to: null, read: false, answered: false, answer: null };

  it('come step by step: accepted when they are kept, delivered to an agent, read when it asks, answered when it answers', async () => {
    const { id } = await write();
    expect(await receipt(id)).toEqual(fresh);
    const taken = await mail.take(as(dora.instance));
    expect(taken).toMatchObject({ ok: true, messages: [{ id, from: 'user', type: 'message', content: 'Mind the README' }], interrupts: [] });
    // asked for is not delivered: the answer may be lost, and the agent die; so it comes until its supervisor says that it has
    expect(await receipt(id)).toEqual(fresh);
    expect(await mail.take(as(dora.instance))).toEqual(taken);
    expect((await said(dora.instance, { delivered: [id] })).messages).toEqual([]);
    expect(await receipt(id)).toEqual({ ...fresh, delivered: true, to: dora.instance });
    expect((await mail.take(as(dora.instance))).messages).toEqual([]);
    expect((await agents.list(as(dora.instance))).messages).toMatchObject([{ id, from: 'user' }]);
    expect(await receipt(id)).toEqual({ ...fresh, delivered: true, to: dora.instance });
    await said(dora.instance, { read: [id, uuidv7()] });
    expect(await receipt(id)).toEqual({ ...fresh, delivered: true, to: dora.instance, read: true });
    const answer = as(dora.instance);
    expect(await agents.send({ ...answer, type: 'message', recipient: 'tests', content: 'Done', requestId: id })).toMatchObject({ ok: true, to: [{ lead: true }] });
    expect(await receipt(id)).toMatchObject({ answered: true, answer: answer.callId });
    // what answers a person goes to the manager, and its words are in no entry (P8)
    expect(await database.admin(`select to_id = $2 as lead from app.team_message where id = $1`, [answer.callId, team.seeded.managerId])).toEqual([{ lead: true }]);
    expect((await team.chain()).slice(-2)).toEqual(['MEMBER-MESSAGE', 'AGENT-MESSAGE']);
    const stored = await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1`, [team.seeded.teamId]);
    expect(stored.map(({ payload }) => payload).join()).not.toMatch(/README|Done/);
  });

  it('reach everybody when nobody is named, each on its own; the same message again is the same one', async () => {
    const tess = await agentOf('tests');
    const { id, request } = await write({ to: undefined as never });
    expect(await mail.send(request)).toMatchObject({ ok: true, code: 'unchanged' });
    const receipts = await database.admin(`select member_id from app.message_receipt where message_id = $1`, [id]);
    expect(receipts).toHaveLength(3); // the specialists; the manager reads no mail, and nothing would ever be complete
    await said(tess.instance, { delivered: [id] });
    expect([await receipt(id), await receipt(id, tess.member)]).toEqual([fresh, { ...fresh, delivered: true, to: tess.instance }]);
  });

  it('come to whoever works on what they are about, as long as it can be worked on; more than one answer holds comes in several', async () => {
    const [{ id: taskId }] = await database.admin(`select id from app.task where team_id = $1 and key = 'docs'`, [team.seeded.teamId]) as [{ id: never }];
    const elsewhere = await another('docs', 'tests');
    const { id } = await write({ taskId });
    expect((await mail.take(as(elsewhere))).messages).toEqual([]);
    expect((await agents.list(as(elsewhere))).messages).toEqual([]);
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ id }]);
    const long = [];
    for (let more = 0; more < 6; more++) long.push((await write({ text: '\u{1f980}'.repeat(5_000) })).id); // 20 KB each, and an answer holds 100 KiB of them
    const first = (await mail.take(as(dora.instance))).messages!.map((each) => each.id);
    const rest = (await said(dora.instance, { delivered: first })).messages!.map((each) => each.id);
    expect([...first, ...rest]).toEqual([id, ...long].slice(0, first.length + rest.length));
    expect([first.length > 0, rest.length > 0, first.length < 7]).toEqual([true, true, true]);
  });

  it('interrupt each agent of the member that was there, which its list does not use up; to later ones it is a message', async () => {
    const second = await another('docs', 'tests');
    const { id } = await write({ kind: 'interrupt', text: 'Stop that' });
    expect((await agents.list(as(second))).messages).toEqual([]);
    for (const instance of [dora.instance, second]) {
      expect(await mail.take(as(instance))).toMatchObject({ interrupts: [{ id }], messages: [{ id }] });
      expect(await said(instance, { delivered: [id] })).toMatchObject({ interrupts: [], messages: [] });
    }
    const { id: missed } = await write({ kind: 'interrupt', text: 'And that' });
    const later = await another('docs', 'docs');
    expect(await mail.take(as(later))).toMatchObject({ interrupts: [], messages: [{ id: missed }] });
    await database.admin(`update app.instance set state = 'completed', ended_at = clock_timestamp() where id = $1`, [second]);
    expect(await mail.take(as(second))).toMatchObject({ ok: false, code: 'instance_ended' });
    expect(await said(second, { delivered: [missed] })).toMatchObject({ ok: true }); // its last answer had brought it
    expect(await receipt(missed)).toMatchObject({ to: second });
  });

  it('interrupt where they are meant to, and are put away', async () => {
    const { id } = await write({ kind: 'interrupt', text: 'Stop that' });
    expect(await said(dora.instance, { delivered: [id] })).toMatchObject({ messages: [] });
    const [{ seq }] = await database.admin<{ seq: number }>(`select seq::int from app.member_message where id = $1`, [id]) as [{ seq: number }];
    const later = await write();
    expect(await mail.archive({ teamId: team.seeded.teamId, by: requester(), upTo: seq })).toMatchObject({ ok: true, count: 1 });
    expect(await mail.archive({ teamId: team.seeded.teamId, by: requester(), upTo: seq })).toMatchObject({ code: 'unchanged' });
    expect((await agents.list(as(dora.instance))).messages).toMatchObject([{ id: later.id }]);
    // what nobody puts away is put away after a month, also where nobody writes any more
    await database.admin(`update app.member_message set at = at - interval '29 days' where id = $1`, [later.id]);
    await mail.putAwayOld();
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [later.id])).toEqual([{ archived: false }]);
    await database.admin(`update app.member_message set at = at - interval '2 days' where id = $1`, [later.id]);
    const younger = await write();
    await mail.putAwayOld();
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [younger.id])).toEqual([{ archived: false }]);
    expect((await team.chain()).filter((action) => action === 'MEMBER-MESSAGES-ARCHIVED')).toHaveLength(2);
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [later.id])).toEqual([{ archived: true }]);
  });

  it('bring files that were handed in, and are erased with them: for good, except what another message has', async () => {
    const handedIn = async (text: string): Promise<string> => (await database.admin<{ hash: string }>(`insert into app.attachment (team_id, sha256, size, media_type, content, by) values ($1, sha256($2::bytea), octet_length($2::bytea), 'text/plain', $2::bytea, $3) returning encode(sha256, 'hex') as hash`, [team.seeded.teamId, text, team.seeded.personId]))[0]!.hash;
    const [both, mine] = [await handedIn('both'), await handedIn('mine')];
    const first = await write({ attachments: [{ name: 'a.txt', sha256: both }, { name: 'b.txt', sha256: mine }] });
    const second = await write({ text: 'And again', attachments: [{ name: 'c.txt', sha256: both }] });
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ id: first.id, files: [{ name: 'a.txt', mediaType: 'text/plain', bytes: 4, sha256: both }, { name: 'b.txt' }] }, { id: second.id }]);
    expect((await write({ attachments: [{ name: 'x', sha256: 'f'.repeat(64) }] })).code).toBe('attachment_unknown');
    expect((await write({ attachments: Array.from({ length: 6 }, (_, at) => ({ name: `${at}`, sha256: mine })) })).code).toBe('attachments_too_many');
    const erase = (id: string, over = {}) => mail.erase({ teamId: team.seeded.teamId, by: requester(over), messageId: id }).then(({ code }) => code);
    const left = async () => (await database.admin<{ left: string }>(`select string_agg(convert_from(content, 'utf8'), ' ' order by content) as left from app.attachment where team_id = $1`, [team.seeded.teamId]))[0]!.left;
    expect([await erase(first.id, { roles: ['operator'] }), await erase(first.id, { customerId: PersonId.next() }), await erase(uuidv7()), await left()]).toEqual(['not_permitted', 'not_found', 'not_found', 'both mine']);
    await team.suspend();
    expect([await erase(first.id), await erase(first.id), await left(), await erase(second.id), await left()]).toEqual(['ok', 'unchanged', 'both', 'ok', null]);
    expect(await database.admin(`select text, archived_at is not null as archived from app.member_message where id = $1`, [first.id])).toEqual([{ text: '', archived: true }]);
    expect((await team.chain()).slice(-2)).toEqual(['MEMBER-MESSAGE-ERASED', 'MEMBER-MESSAGE-ERASED']);
  });

  it('leave nothing of a file that several have, erased at once', async () => {
    const content = Buffer.from('shared by all');
    await database.admin(`insert into app.attachment (team_id, sha256, size, media_type, content, by) values ($1, sha256($2::bytea), octet_length($2::bytea), 'text/plain', $2::bytea, $3)`, [team.seeded.teamId, content, team.seeded.personId]);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const sent = await Promise.all(['a.txt', 'b.txt'].map((name) => write({ attachments: [{ name, sha256 }] })));
    // the chain is held until both have come as far as they come beside each other
    const held = database.admin(`do $$ begin
      perform pg_advisory_xact_lock(hashtextextended('audit:' || '${team.seeded.teamId}', 0));
      for n in 1 .. 1000 loop
        exit when (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') >= 2;
        perform pg_stat_clear_snapshot();
        perform pg_sleep(0.005);
      end loop;
    end $$`);
    while ((await database.admin(`select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)).length === 0);
    const erased = sent.map(({ id }) => mail.erase({ teamId: team.seeded.teamId, by: requester(), messageId: id }).then(({ code }) => code));
    await held;
    expect(await Promise.all(erased)).toEqual(['ok', 'ok']);
    expect(await database.admin(`select content from app.attachment where team_id = $1`, [team.seeded.teamId])).toEqual([{ content: null }]);
  });

  it('are put away of every team, also where one of them cannot be', async () => {
    const old = await write();
    await database.admin(`update app.member_message set at = at - interval '31 days' where id = $1`, [old.id]);
    const bad = uuidv7();
    const troubled = { ops: async (...args: Parameters<Database['ops']>) => [{ team_id: bad, up_to: '1' }, ...(await asManager.ops(...args))], withTeam: (teamId: string, ...rest: never[]) => (teamId === bad ? Promise.reject(new Error('not now')) : asManager.withTeam(teamId as never, ...(rest as unknown as [never]))) } as unknown as Database;
    await expect(new MailDesk(troubled, audit).putAwayOld()).rejects.toMatchObject({ errors: [new Error('not now')] });
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [old.id])).toEqual([{ archived: true }]);
  });

  it('are refused: too many, to nobody, without words, about a task of no team, by others, to a team that is stopped', async () => {
    const codes = async (over: Partial<SendToMember>) => (await write(over)).code;
    expect(await codes({ to: uuidv7() as MemberId })).toBe('member_unknown');
    for (const kind of ['message', 'interrupt'] as const) expect(await codes({ kind, to: team.seeded.managerId })).toBe('manager_reads_no_mail');
    expect(await codes({ text: ' ' })).toBe('text_missing');
    expect(await codes({ text: 'a\u0000' })).toBe('text_not_storable');
    expect(await codes({ taskId: uuidv7() as never })).toBe('task_unknown');
    expect(await codes({ by: requester({ customerId: PersonId.next() }) })).toBe('not_found');
    expect(await codes({ by: requester({ roles: ['operator'] }) })).toBe('not_permitted');
    const atOnce = await Promise.all(Array.from({ length: 15 }, () => codes({})));
    expect(atOnce.filter((code) => code === 'ok')).toHaveLength(10);
    expect(await codes({})).toBe('message_rate_exceeded');
    expect(await codes({ kind: 'interrupt' })).toBe('ok'); // counted apart; and what goes with a stop is not counted
    for (let sent = 0; sent < 9; sent++) await codes({ kind: 'interrupt' });
    expect([await codes({ kind: 'interrupt' }), await codes({ kind: 'interrupt', stopped: true })]).toEqual(['message_rate_exceeded', 'ok']);
    await team.suspend();
    expect(await codes({})).toBe('team_not_active');
    expect(await mail.take(as(dora.instance))).toMatchObject({ ok: false, code: 'instance_ended' });
  });

  it('have no column in which a member would write to a person, and no service else that writes them', async () => {
    const insert = (service: 'fleet' | 'gateway' | 'helpdesk-agent') => database.as(service).withTeam(team.seeded.teamId, (tx) => {
      tx.write(sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, text) values (${team.seeded.teamId}, ${uuidv7()}, 'message', 'person', ${uuidv7()}, 'x')`);
      tx.ledgerOnly();
      return Promise.resolve();
    });
    for (const service of ['fleet', 'gateway', 'helpdesk-agent'] as const) await expect(insert(service)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, text) values ($1, $2, 'message', 'member', $3, 'x')`, [team.seeded.teamId, uuidv7(), dora.member])).rejects.toThrow(/member_message_from_kind_check/);
  });
});
