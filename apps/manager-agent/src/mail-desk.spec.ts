import { auditor, serviceKey } from '@countersign/audit';
import { CustomerId, InstanceId, PersonId, uuidv7, type AnswerClarification, type AskClarification, type GoalId, type MemberId, type SendToMember } from '@countersign/contracts';
import { sql, type Database } from '@countersign/database';
import { setTeamPolicy, testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { AgentDesk } from './agent-desk.js';
import { ClarificationDesk } from './clarification-desk.js';
import { GoalDesk } from './goal-desk.js';
import { MailDesk } from './mail-desk.js';
import { CareTeam } from './testing/team.js';

const audit = auditor({ service: 'manager-agent', key: serviceKey(Buffer.alloc(32, 0x42)) });

describe('what people write to members, from rows', () => {
  let database: TestDatabase;
  let asManager: Database;
  let mail: MailDesk;
  let agents: AgentDesk;
  let clarifications: ClarificationDesk;
  let goals: GoalDesk;
  let team: CareTeam;
  let goalId: GoalId;
  let dora: { instance: InstanceId; member: MemberId };
  before(async () => {
    database = await testDatabase();
    asManager = database.as('manager-agent');
    mail = new MailDesk(asManager, audit);
    agents = new AgentDesk(asManager, audit);
    clarifications = new ClarificationDesk(asManager, audit);
    goals = new GoalDesk(asManager, audit, pino({ level: 'silent' }));
  });
  after(() => database.close());
  beforeEach(async () => {
    team = await CareTeam.hire(database);
    const goal = team.goal();
    goalId = goal.goalId;
    await goals.submit(goal);
    dora = await agentOf('docs');
  });

  const agentOf = async (key: string, runId: string = uuidv7()): Promise<{ instance: InstanceId; member: MemberId }> => {
    const instance = InstanceId.next();
    const [row] = await database.admin<{ member_id: MemberId }>(
      `insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
       select team_id, $2, member_id, goal_id, id, $3, 'worker', 't', 'running', '{}', '{}', '', 1, 3, (select epoch from app.team where team_id = $1) from app.task where team_id = $1 and key = $4 returning member_id`,
      [team.seeded.teamId, instance, runId, key]);
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
    // what nobody puts away is put away after a month, or what the operator says, also where nobody writes any more
    await database.admin(`update app.member_message set at = at - interval '29 days' where id = $1`, [later.id]);
    await mail.putAwayOld();
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [later.id])).toEqual([{ archived: false }]);
    await database.admin(`update app.member_message set at = at - interval '2 days' where id = $1`, [later.id]);
    const younger = await write();
    await setTeamPolicy(database, { messages: { keptDays: 40 } });
    await mail.putAwayOld();
    expect(await database.admin(`select archived_at is not null as archived from app.member_message where id = $1`, [later.id])).toEqual([{ archived: false }]);
    await setTeamPolicy(database);
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
      for n in 1 .. 12000 loop
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

  const wonder = (instance: InstanceId, over: Partial<AskClarification> = {}) => {
    const request: AskClarification = { ...as(instance), question: 'Which licence?', waitMs: 600_000, ...over };
    return clarifications.ask(request).then((reply) => ({ ...reply, request }));
  };
  const reply = (questionId: string, over: Partial<AnswerClarification> = {}) => {
    const request: AnswerClarification = { teamId: team.seeded.teamId, questionId, messageId: uuidv7(), by: requester(), text: 'MIT', ...over };
    return clarifications.answer(request).then(({ code }) => ({ code, request }));
  };
  const entries = async () => (await database.admin<{ payload: string }>(`select convert_from(payload, 'utf8') as payload from audit.entry where team_id = $1 order by seq`, [team.seeded.teamId])).map(({ payload }) => payload);

  it('answer what a member asks: by way of its manager to a person, whose words come as mail to who asked, once', async () => {
    const asked = await wonder(dora.instance, { choices: ['MIT', 'BSD'] });
    expect(asked).toMatchObject({ ok: true, waitMs: 600_000 });
    expect(await clarifications.ask(asked.request)).toMatchObject({ code: 'unchanged', questionId: asked.questionId });
    expect(await database.admin(`select asked_of, question, choices from app.clarification where team_id = $1`, [team.seeded.teamId])).toEqual([{ asked_of: 'user', question: 'Which licence?', choices: ['MIT', 'BSD'] }]);
    expect((await wonder(dora.instance, { question: 'And why?' })).code).toBe('question_open');
    const answered = await reply(asked.questionId!);
    expect(answered.code).toBe('ok');
    expect((await clarifications.answer(answered.request)).code).toBe('unchanged');
    expect((await reply(asked.questionId!, { text: 'BSD' })).code).toBe('question_answered');
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ id: answered.request.messageId, from: 'user', content: 'MIT', requestId: asked.questionId, summary: 'Answer to: Which licence?' }]);
    // the same question again has its answer, and nobody is asked twice
    await said(dora.instance, { delivered: [answered.request.messageId], read: [answered.request.messageId] });
    const again = await wonder(dora.instance);
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ from: 'team-lead', content: 'MIT', requestId: again.questionId }]);
    expect((await team.chain()).slice(-5)).toEqual(['MEMBER-CLARIFICATION-ASKED', 'MANAGER-CLARIFICATION-FORWARDED', 'CLARIFICATION-ANSWERED', 'MEMBER-CLARIFICATION-ASKED', 'MANAGER-CLARIFICATION-ANSWERED']);
    expect((await entries()).join()).not.toMatch(/licence|"MIT"/);
    expect((await database.admin<{ kind: string }>(`select kind from app.task_event where team_id = $1 and kind like 'clarification%' order by at, id`, [team.seeded.teamId])).map(({ kind }) => kind)).toEqual(['clarification_asked', 'clarification_answered', 'clarification_asked', 'clarification_answered']);
  });

  it('are put away without an answer that somebody waits for: it goes when they have it, or wait no more', async () => {
    const archive = () => mail.archive({ teamId: team.seeded.teamId, by: requester(), upTo: Number.MAX_SAFE_INTEGER });
    const [{ questionId: first }, { questionId: second }] = [await wonder(dora.instance), await wonder(await another('docs', 'docs'), { question: 'And why?' })];
    const { request: { messageId } } = await reply(first!);
    await reply(second!, { text: 'Because' });
    await write();
    expect(await archive()).toMatchObject({ ok: true, count: 1 });
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ content: 'MIT', requestId: first }, { content: 'Because' }]);
    await said(dora.instance, { delivered: [messageId] });
    expect(await archive()).toMatchObject({ ok: true, count: 1 });
    await database.admin(`update app.instance set state = 'failed', ended_at = clock_timestamp() where team_id = $1 and id = (select instance_id from app.clarification where id = $2)`, [team.seeded.teamId, second]);
    expect([await archive(), await archive()]).toMatchObject([{ ok: true, count: 1 }, { code: 'unchanged', count: 0 }]);
  });

  it('say what the manager’s records say of a shared text that a question names, and nothing of one that is another task’s', async () => {
    const share = (name: string, key: string | null) => database.admin(`with c as (insert into app.context (team_id, id, name, visibility, task_id, version, sha256, size) select $1, $2, $3, case when $4::text is null then 'team' else 'task' end, (select id from app.task where team_id = $1 and key = $4), 1, sha256('x'), 1 returning id)
      insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) select $1, id, 1, sha256('x'), 1, 'x', 'x', '{}' from c`, [team.seeded.teamId, uuidv7(), name, key]);
    await share('house style', null);
    await share('test plan', 'tests');
    const asked = await wonder(dora.instance, { question: 'Is there a house style?' });
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ from: 'team-lead', requestId: asked.questionId, content: expect.stringContaining('"house style", version 1, is shared with the whole team') }]);
    const planned = await wonder(dora.instance, { question: 'Is there a test plan?' });
    expect((await mail.take(as(dora.instance))).messages).toHaveLength(1);
    expect((await team.chain()).slice(-2)).toEqual(['MEMBER-CLARIFICATION-ASKED', 'MANAGER-CLARIFICATION-FORWARDED']);
    // an agent that is not content with that reaches a person, with the same words; what a person said then is enough for all
    const tess = await another('docs', 'docs');
    const [insists, again] = [await wonder(tess, { question: 'Is there a house style?', to: 'user' }), await another('docs', 'docs')];
    expect(await database.admin(`select asked_of from app.clarification where team_id = $1 and id = $2`, [team.seeded.teamId, insists.questionId])).toEqual([{ asked_of: 'user' }]);
    expect((await reply(insists.questionId!, { text: 'The old one' })).code).toBe('ok');
    const last = await wonder(again, { question: 'Is there a house style?', to: 'user' });
    expect((await mail.take(as(again))).messages?.at(-1)).toMatchObject({ from: 'team-lead', content: 'The old one', requestId: last.questionId });
    // those that wait for a person are made known, and no others
    const made = await database.admin<{ id: string }>(`select convert_from(payload, 'utf8')::jsonb ->> 'questionId' as id from app.outbox where team_id = $1 and subject like '%.status_update.asked' order by 1`, [team.seeded.teamId]);
    expect(made.map(({ id }) => id)).toEqual([planned.questionId, insists.questionId].toSorted());
  });

  it('ask the customer’s governors, who read it, also while a governor of the platform coordinates the team, or stops to: that one reads no word of it, and answers none', async () => {
    const gov = { personId: PersonId.next(), customerId: CustomerId.next(), roles: ['platform_governor'] };
    const coordinatedBy = (person: PersonId | null) => database.admin(`update app.team set coordination = $2, coordinator = $3 where team_id = $1`, [team.seeded.teamId, person === null ? 'manager' : 'person', person]);
    const states = async (...asked: readonly { readonly questionId?: string }[]) => (await database.admin<{ asked_of: string }>(`select asked_of from app.clarification where id = any ($1) order by at`, [asked.map(({ questionId }) => questionId)])).map(({ asked_of }) => asked_of);
    const before = await wonder(dora.instance, { question: 'Which colour?' });
    await coordinatedBy(gov.personId);
    const meanwhile = await wonder(await another('docs', 'docs'), { question: 'And which size?' });
    expect([await states(before, meanwhile), (await team.chain()).at(-1)]).toEqual([['user', 'user'], 'MANAGER-CLARIFICATION-FORWARDED']);
    for (const { questionId } of [before, meanwhile]) expect((await reply(questionId!, { by: gov })).code).toBe('not_found');
    expect((await reply(before.questionId!)).code).toBe('ok');
    await coordinatedBy(null);
    expect((await reply(meanwhile.questionId!)).code).toBe('ok');
  });

  it('come to whoever is given a task whose member asked and lost it: what people answered about it, once and as it was written, also where that was after', async () => {
    const answered = async (question: string, text: string, before?: () => Promise<void>): Promise<string> => {
      const { questionId } = await wonder(dora.instance, { question });
      await before?.();
      const { code, request } = await reply(questionId!, { text });
      expect(code).toBe('ok');
      return request.messageId;
    };
    const bench = async ({ member }: { member: MemberId }): Promise<void> => {
      await database.admin(`update app.member set state = 'removed' where id = $1`, [member]);
      await goals.lookAtChanged();
    };
    const given = async (instance: InstanceId) => (await mail.take(as(instance))).messages!.map(({ content }) => content);
    await database.admin(`update app.member set secondary_skills = '{docs}' where team_id = $1 and kind = 'specialist' and skill <> 'docs'`, [team.seeded.teamId]);
    await answered('Which licence?', 'MIT');
    const erased = await answered('Which number?', '98450 00000');
    await answered('Which year?', '2026');
    expect((await mail.erase({ teamId: team.seeded.teamId, by: requester(), messageId: erased })).code).toBe('ok');
    await answered('Which colour?', 'Blue', () => bench(dora));
    const tess = await agentOf('docs');
    const yours = expect.stringContaining('is yours now');
    expect([tess.member === dora.member, await given(tess.instance)]).toEqual([false, ['MIT', '2026', yours, 'Blue']]);
    await said(tess.instance, { delivered: (await mail.take(as(tess.instance))).messages!.map(({ id }) => id) });
    await bench(tess);
    const pax = await agentOf('docs');
    expect([pax.member === tess.member, await given(pax.instance), await given(tess.instance)]).toEqual([false, ['MIT', '2026', 'Blue', yours], []]);
    // what she never took is not for the work she is given next, also when that task is done
    await database.admin(`update app.message_receipt set delivered_at = null, delivered_to = null, read_at = null where member_id = $1`, [tess.member]);
    await database.admin(`update app.task set state = 'done' where id in (select task_id from app.clarification where team_id = $1)`, [team.seeded.teamId]);
    expect(await database.admin(`select message_id from app.mail_of($1, $2, gen_random_uuid(), gen_random_uuid())`, [team.seeded.teamId, tess.member])).toEqual([]);
  });

  it('keep no answer and nothing that ends a waiting behind other mail, however much of that waits; what comes together comes as it was written', async () => {
    const before = (text: string, times: number) => database.admin(`with m as (insert into app.member_message (team_id, id, kind, from_kind, from_id, text) select $1, gen_random_uuid(), 'message', 'person', gen_random_uuid(), $3 from generate_series(1, $4::int) returning team_id, id)
      insert into app.message_receipt (team_id, message_id, member_id) select team_id, id, $2 from m`, [team.seeded.teamId, dora.member, text, times]);
    for (const [text, times] of [['\u0915'.repeat(10_000), 4], ['x', 50]] as const) {
      await before(text, times);
      const { questionId } = await wonder(dora.instance, { question: `After ${times}?` });
      const { code, request } = await reply(questionId!);
      expect(code).toBe('ok');
      const ends = [(await write({ kind: 'interrupt', text: 'Stop that' })).id, (await write({ kind: 'shutdown', text: 'We move the machine' })).id];
      const taken = await mail.take(as(dora.instance));
      const ids = taken.messages!.map(({ id }) => id);
      expect([ids.length > 3, ids.slice(-3)]).toEqual([true, [request.messageId, ...ends]]); // the newest stands last
      expect(ids).toEqual((await database.admin<{ id: string }>(`select id from app.member_message where id = any ($1) order by seq`, [ids])).map(({ id }) => id));
      expect(taken.interrupts).toEqual([{ id: ends[0] }]);
      await database.admin(`delete from app.message_receipt where team_id = $1`, [team.seeded.teamId]);
      await database.admin(`update app.member_message set archived_at = now() where team_id = $1`, [team.seeded.teamId]);
    }
  });

  it('are erased with what the manager gave of an answer again, and with nothing else of its', async () => {
    const first = await wonder(dora.instance);
    const { request } = await reply(first.questionId!, { text: 'Asha decides, 98450 00000' });
    const again = [await wonder(await another('docs', 'docs')), await wonder(await another('docs', 'docs'))];
    const other = await wonder(await another('docs', 'docs'), { question: 'Who decides?' });
    expect((await reply(other.questionId!, { text: 'Asha decides, 98450 00000' })).code).toBe('ok');
    await wonder(await another('docs', 'docs'), { question: 'Who decides?' });
    expect((await mail.erase({ teamId: team.seeded.teamId, by: requester(), messageId: request.messageId })).code).toBe('ok');
    const kept = await database.admin<{ question: string; from_kind: string; erased: boolean }>(`select c.question, m.from_kind, m.text = '' and m.summary = '' and m.archived_at is not null as erased from app.member_message m join app.clarification c on c.team_id = m.team_id and c.id = m.answers where m.team_id = $1 order by m.seq`, [team.seeded.teamId]);
    expect(kept.map(({ question, from_kind, erased }) => [question, from_kind, erased])).toEqual([
      ['Which licence?', 'person', true], ['Which licence?', 'lead', true], ['Which licence?', 'lead', true], ['Who decides?', 'person', false], ['Who decides?', 'lead', false],
    ]);
    expect((await team.chain()).slice(-4)).toEqual(['MANAGER-CLARIFICATION-ANSWERED', 'MEMBER-MESSAGE-ERASED', 'MEMBER-MESSAGE-ERASED', 'MEMBER-MESSAGE-ERASED']);
    expect((await agents.list(as(dora.instance))).messages).toHaveLength(2);
    expect(again.map(({ code }) => code)).toEqual(['ok', 'ok']);
    // what was answered and is erased is asked of a person again
    expect((await wonder(await another('docs', 'docs'))).waitMs).toBe(600_000);
    expect((await team.chain()).at(-1)).toBe('MANAGER-CLARIFICATION-FORWARDED');
  });

  it('are not taken for answers by those who may not answer, too late, or where nobody waits; silence is an outcome, and no answer', async () => {
    const { questionId = '', code } = await wonder(dora.instance, { to: 'user' });
    expect(code).toBe('ok');
    const codes = async (over: Partial<AnswerClarification> = {}, id = questionId) => (await reply(id, over)).code;
    expect([await codes({}, uuidv7()), await codes({ by: requester({ customerId: PersonId.next() }) }), await codes({ by: requester({ roles: ['operator'] }) }), await codes({ by: requester({ roles: ['platform_governor'] }) }), await codes({ text: ' ' }), await codes({ text: 'a\u0000' })])
      .toEqual(['not_found', 'not_found', 'not_permitted', 'not_permitted', 'text_missing', 'text_not_storable']);
    // only who asked gives up, and what is given up stays so
    const giveUp = (instance: InstanceId) => clarifications.giveUp({ ...as(instance), questionId, outcome: 'timeout' });
    const tess = await agentOf('tests');
    expect((await giveUp(tess.instance)).code).toBe('question_unknown');
    expect([await giveUp(dora.instance), await giveUp(dora.instance)]).toMatchObject([{ code: 'ok', answered: false }, { code: 'unchanged', answered: false }]);
    expect(await codes()).toBe('question_over');
    expect((await team.chain()).at(-1)).toBe('CLARIFICATION-EXPIRED');
    // what came before a giving up stands
    const second = await wonder(tess.instance);
    const races = await Promise.all([codes({}, second.questionId!), clarifications.giveUp({ ...as(tess.instance), questionId: second.questionId!, outcome: 'timeout' })]);
    expect([['ok', true], ['question_over', false]]).toContainEqual([races[0], races[1].answered]);
    // who was asked to end in the meantime has taken its question back, which is nobody's silence
    const back = await wonder(dora.instance, { question: 'Anybody there?' });
    expect((await clarifications.giveUp({ ...as(dora.instance), questionId: back.questionId!, outcome: 'withdrawn' })).code).toBe('ok');
    expect([await codes({}, back.questionId!), (await entries()).at(-1)]).toEqual(['question_withdrawn', expect.stringMatching(/"CLARIFICATION-EXPIRED".*"outcome":"withdrawn"/)]);
    expect(await database.admin(`select given_up_for from app.clarification where given_up_at is not null and team_id = $1 and id = any ($2) order by at`, [team.seeded.teamId, [questionId, back.questionId]])).toEqual([{ given_up_for: 'timeout' }, { given_up_for: 'withdrawn' }]);
    expect(await database.admin(`select kind from app.task_event where team_id = $1 and kind in ('clarification_expired', 'clarification_withdrawn') and body ->> 'clarification' = any ($2) order by at, id`, [team.seeded.teamId, [questionId, back.questionId]])).toEqual([{ kind: 'clarification_expired' }, { kind: 'clarification_withdrawn' }]);
    const third = await wonder(dora.instance, { question: 'Anybody?' });
    await database.admin(`update app.instance set state = 'completed', ended_at = clock_timestamp() where id = $1`, [dora.instance]);
    expect([await codes({}, third.questionId!), (await wonder(dora.instance)).code]).toEqual(['question_withdrawn', 'instance_ended']);
    await team.suspend();
    expect(await codes({}, third.questionId!)).toBe('team_not_active');
    expect((await wonder(tess.instance)).code).toBe('team_not_active');
  });

  it('are said to be erased, which is neither silence nor an answer, where the answer was erased before whoever waits had it', async () => {
    const { questionId = '' } = await wonder(dora.instance, { to: 'user' });
    const { request } = await reply(questionId, { text: 'Call 98450 00000' });
    expect((await mail.erase({ teamId: team.seeded.teamId, by: requester(), messageId: request.messageId })).code).toBe('ok');
    const givenUp = await clarifications.giveUp({ ...as(dora.instance), questionId, outcome: 'timeout' });
    expect(givenUp).toEqual({ ok: true, code: 'unchanged', message: '', answered: false, erased: true });
    expect((await team.chain()).filter((action) => action === 'CLARIFICATION-EXPIRED')).toEqual([]);
    const next = await wonder(dora.instance, { question: 'Which year?' });
    await reply(next.questionId!, { text: '2026' });
    expect(await clarifications.giveUp({ ...as(dora.instance), questionId: next.questionId!, outcome: 'timeout' })).toEqual({ ok: true, code: 'unchanged', message: '', answered: true });
  });

  it('that a suspension left unanswered end with it: whoever goes on with the task hears so from the platform, once, and can ask again', async () => {
    const asked = await wonder(dora.instance);
    const others = [await wonder(await another('docs', 'docs'), { question: 'Which year?' }), await wonder(await another('docs', 'docs'), { question: 'Anybody?' })];
    await reply(others[0]!.questionId!, { text: '2026' });
    await clarifications.giveUp({ ...as(others[1]!.request.instanceId), questionId: others[1]!.questionId!, outcome: 'timeout' });
    const stopped = async () => {
      await team.suspend();
      await database.admin(`update app.instance set state = 'cancelled', ended_at = clock_timestamp() where team_id = $1 and state = 'running'`, [team.seeded.teamId]);
      await team.reactivate();
      await goals.lookAtAll(team.seeded.teamId);
      return agentOf('docs');
    };
    const next = await stopped();
    const { messages = [] } = await mail.take(as(next.instance));
    expect(messages.map(({ from, content }) => [from, content])).toEqual([['user', '2026'], ['system', expect.stringMatching(/suspended before anybody answered what an agent had asked about “[^”]+”\. .*Ask again/)]]);
    expect(JSON.stringify(messages)).not.toContain('Which licence'); // an agent’s words are not the platform’s
    expect([next.member, (await reply(asked.questionId!)).code, (await wonder(next.instance)).code]).toEqual([dora.member, 'question_withdrawn', 'ok']);
    await said(next.instance, { delivered: messages.map(({ id }) => id), read: messages.map(({ id }) => id) });
    expect(await database.admin(`select r.delivered_to as "to", r.read_at is not null as read from app.message_receipt r where r.message_id = $1`, [messages[1]!.id])).toEqual([{ to: next.instance, read: true }]);
    // what it asked itself is the only thing that the next suspension ends
    expect((await mail.take(as((await stopped()).instance))).messages).toHaveLength(1);
    expect((await entries()).filter((entry) => entry.includes('"CLARIFICATION-EXPIRED"') && entry.includes(asked.questionId!))).toEqual([expect.stringContaining('"outcome":"withdrawn"')]);
  });

  it('are few: of one task so many questions, of one person so many answers a minute as of other messages', async () => {
    for (let sent = 0; sent < 10; sent++) await write();
    const { questionId } = await wonder(dora.instance);
    expect((await reply(questionId!)).code).toBe('message_rate_exceeded');
    await database.admin(`update app.member_message set at = at - interval '1 minute' where team_id = $1`, [team.seeded.teamId]);
    expect((await reply(questionId!)).code).toBe('ok');
    for (let more = 1; more < 10; more++) expect((await wonder(dora.instance)).code).toBe('ok');
    expect((await wonder(dora.instance)).code).toBe('questions_exhausted');
    // no service else asks or answers in a member's or a person's name, and one question has one answer
    const write2 = (service: 'fleet' | 'gateway' | 'helpdesk-agent') => database.as(service).withTeam(team.seeded.teamId, (tx) => {
      tx.write(sql`update app.clarification set given_up_at = now() where team_id = ${team.seeded.teamId}`);
      tx.ledgerOnly();
      return Promise.resolve();
    });
    for (const service of ['fleet', 'gateway', 'helpdesk-agent'] as const) await expect(write2(service)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text, answers) select team_id, gen_random_uuid(), 'message', 'person', gen_random_uuid(), member_id, task_id, 'x', id from app.clarification where id = $1`, [questionId])).rejects.toThrow(/member_message_team_id_answers_key/);
  });

  it('ask a member to end, once at a time: one of its agents says yes or no for it, in its own name and with an entry', async () => {
    const ask = (over: Partial<SendToMember> = {}) => write({ kind: 'shutdown', text: 'We move the machine', ...over });
    const say = (instance: InstanceId, messageId: string, approve: boolean, reason?: string) => mail.answerShutdown({ ...as(instance), messageId, approve, ...(reason === undefined ? {} : { reason }) }).then(({ code }) => code);
    const { id } = await ask({ waitSeconds: 30 });
    expect((await ask()).code).toBe('shutdown_pending');
    expect((await mail.take(as(dora.instance))).messages).toMatchObject([{ id, type: 'shutdown_request', from: 'user', content: 'We move the machine', dueAt: expect.any(String) }]);
    const tess = await agentOf('tests');
    const other = await write();
    expect([await say(tess.instance, id, true), await say(dora.instance, other.id, true), await say(dora.instance, uuidv7(), true)]).toEqual(['request_unknown', 'request_unknown', 'request_unknown']);
    expect([await say(dora.instance, id, false, 'Almost done'), await say(dora.instance, id, false), await say(dora.instance, id, true)]).toEqual(['ok', 'ok', 'request_unknown']);
    const answered = async (message: string) => (await database.admin(`select approve, reason, answered_at is not null as answered from app.message_receipt where message_id = $1`, [message]))[0];
    expect(await answered(id)).toEqual({ approve: false, reason: 'Almost done', answered: true });
    expect((await entries()).join()).not.toMatch(/Almost|machine/);
    // asked again it may say otherwise, also by the original's tool, and after its time
    const second = await ask();
    await database.admin(`update app.member_message set due_at = at where id = $1`, [second.id]);
    expect(await agents.send({ ...as(dora.instance), type: 'shutdown_response', requestId: second.id, approve: true, content: 'Saved' })).toMatchObject({ ok: true, to: [] });
    expect(await answered(second.id)).toEqual({ approve: true, reason: 'Saved', answered: true });
    expect((await team.chain()).filter((action) => action === 'MEMBER-SHUTDOWN-ANSWERED')).toHaveLength(2);
    expect((await mail.erase({ teamId: team.seeded.teamId, by: requester(), messageId: second.id })).code).toBe('ok');
    expect(await answered(second.id)).toMatchObject({ approve: true, reason: '' });
    expect((await ask({ to: tess.member, by: requester({ roles: ['operator'] }) })).code).toBe('not_permitted');
    await database.admin(`update app.instance set state = 'completed', ended_at = clock_timestamp() where team_id = $1`, [team.seeded.teamId]);
    expect([(await ask()).code, await say(dora.instance, id, true)]).toEqual(['member_not_running', 'instance_ended']);
    await expect(database.admin(`update app.message_receipt set approve = null where message_id = $1`, [second.id])).rejects.toThrow(/message_receipt/);
  });

  it('ask nothing of what begins once the request found nobody: only of who was there, and of the next try of what was lost or paused', async () => {
    const ask = () => write({ kind: 'shutdown', text: 'We move the machine' });
    const begin = async (): Promise<{ run: string; instance: InstanceId }> => {
      const run = await team.run(goalId, 'docs', 'running');
      return { run, instance: (await agentOf('docs', run)).instance };
    };
    const end = async ({ run, instance }: { run: string; instance: InstanceId }, state: 'stopped' | 'failed', code = 'cancelled_by_person') => {
      await database.admin(`update app.worker_run set state = $2, code = $3, ended_at = clock_timestamp() where id = $1`, [run, state, code]);
      await database.admin(`update app.instance set state = 'cancelled', ended_at = clock_timestamp() where id = $1`, [instance]);
    };
    const waiting = async (instance: InstanceId) => (await mail.take(as(instance))).messages!.map(({ id }) => id);
    const listed = async (instance: InstanceId) => ((await agents.list(as(instance))) as { messages: { id: string }[] }).messages.map(({ id }) => id);
    const say = (instance: InstanceId, messageId: string) => mail.answerShutdown({ ...as(instance), messageId, approve: true }).then(({ code }) => code);
    const first = await begin();
    const missed = await ask();
    await database.admin(`update app.member_message set due_at = at where id = $1`, [missed.id]);
    await end(first, 'stopped'); // ended without its yes, in a long call
    await database.admin(`update app.task set round = round + 1 where team_id = $1`, [team.seeded.teamId]);
    const second = await begin();
    expect([await waiting(second.instance), await listed(second.instance), await say(second.instance, missed.id)]).toEqual([[], [], 'request_unknown']);
    expect(await agents.send({ ...as(second.instance), type: 'shutdown_response', requestId: missed.id, approve: true })).toMatchObject({ ok: false });
    const asked = await ask();
    expect([await waiting(second.instance), await listed(second.instance)]).toEqual([[asked.id], [asked.id]]);
    await end(second, 'stopped', 'goal_paused');
    await end(await begin(), 'failed', 'supervisor_lost');
    const third = await begin();
    expect([await waiting(third.instance), await say(third.instance, missed.id), await say(third.instance, asked.id)]).toEqual([[asked.id], 'request_unknown', 'ok']);
    // one that was told of the first and is asked again may still answer either
    await end(third, 'stopped');
    await database.admin(`update app.task set round = round + 1 where team_id = $1`, [team.seeded.teamId]);
    const fourth = await begin();
    const told = await ask();
    await database.admin(`update app.member_message set due_at = at where id = $1`, [told.id]);
    const again = await ask();
    expect([await waiting(fourth.instance), await say(fourth.instance, told.id), await say(fourth.instance, again.id)]).toEqual([[told.id, again.id], 'ok', 'ok']);
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
