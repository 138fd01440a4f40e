import type { ApprovalDetail, Created } from '@countersign/contracts';
import { uuidv7 } from '@countersign/contracts';
import type { LocalStack } from '@countersign/testing';
import pg from 'pg';
import { copyApprovals, copyTasks, WAITING, type ApprovalChanges } from './copies.js';
import { approve, bindDevice, submitGoal, waitingApproval, type SubmittedGoal } from './goals.js';
import { sampleRepository } from './sample-repository.js';

/** What can become of a request after it was put to a person, as the page of each shows it. */
export interface EveryState {
  readonly team: string;
  readonly goal: SubmittedGoal;
  /** Waits, in its second version: the first was sent back with a remark on a line. */
  readonly waiting: string;
  readonly sentBack: string;
  readonly copies: Readonly<Record<keyof typeof COPIES, { readonly id: string; readonly title: string }>>;
}

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
/** A letter to many, with a long name among them, a text, a table and a picture. */
const LETTER = {
  tier: 2,
  effect: { kind: 'email.send', from: 'reports@chai.example', to: ['asha@chai.example', 'the.whole.purchasing.department.of.the.northern.branch@a-rather-long-domain.chai.example', 'ravi@chai.example'], cc: ['meera@chai.example', 'amit@chai.example'], subject: 'What sold this week, and what did not', body: 'out/report.md', attachments: ['out/sums-of-every-branch-and-week.csv', 'out/logo.png'] },
  files: [
    { path: 'out/logo.png', mediaType: 'image/png', bytes: PIXEL },
    { path: 'out/report.md', mediaType: 'text/markdown', bytes: Buffer.from('# This week\n\nAssam sold well, Nilgiri did not.\n') },
    { path: 'out/sums-of-every-branch-and-week.csv', mediaType: 'text/csv', bytes: Buffer.from('branch,week,sum\nnorth,49,1200\nsouth,49,900\n') },
  ],
} satisfies ApprovalChanges['approval'];
const WEBHOOK = {
  tier: 2,
  effect: { kind: 'http.post', url: 'https://hooks.chai.example/in/of-the-northern-branch?for=stock&of=every-week-since-the-beginning', contentType: 'application/json', body: 'out/stock.json' },
  files: [{ path: 'out/stock.json', mediaType: 'application/json', bytes: Buffer.from('{\n  "assam": 12,\n  "nilgiri": 40\n}\n') }],
} satisfies ApprovalChanges['approval'];

const OVER = new Date().toISOString();
const waiting = (title: string, approval: ApprovalChanges['approval'] = {}): ApprovalChanges => ({ ...WAITING, approval: { ...WAITING.approval, marks: [], title, ...approval } });
const over = (title: string, state: string, goal: string): ApprovalChanges => ({ approval: { ...WAITING.approval, marks: [], title, decided_at: OVER, state }, goal: { state: goal, finished_at: OVER } });
/** Of one request, each for a goal of its own. */
const COPIES = {
  plain: waiting('Push the plain one'),
  grave: waiting('Push the grave one', { tier: 3, need: 2, need_of: 'people' }),
  halfway: waiting('Push the half approved one', { need: 2, need_of: 'devices' }),
  other: waiting('Push the other one'),
  seen: waiting('Push the one that others see', { tier: 2 }),
  letter: waiting('Send the letter', LETTER),
  webhook: waiting('Post the webhook', WEBHOOK),
  denied: waiting('Push the denied one'),
  putOff: waiting('Push the deferred one'),
  escalated: waiting('Push the escalated one'),
  asked: waiting('Push the one that was asked about'),
  held: waiting('Push the one that is held'),
  saved: waiting('Push the one that is saved'),
  failed: waiting('Push the failed one'),
  unknown: waiting('Push the unknown one'),
  expired: over('Push the expired one', 'expired', 'expired'),
  replaced: over('Push the replaced one', 'superseded', 'cancelled'),
  withdrawn: over('Push the withdrawn one', 'withdrawn', 'cancelled'),
} satisfies Record<string, ApprovalChanges>;

/** One goal on its real way to a second version, one whose tasks are in hand, and copies of that request brought into every other state by the routes that people use. */
export async function everyState(stack: LocalStack): Promise<EveryState> {
  const team = await stack.activeTeam();
  const goal = await submitGoal(stack, team, sampleRepository());
  const first = await waitingApproval(stack, goal);
  await bindDevice(stack);
  await decide(stack, first.id, { decision: 'request_changes', reason: 'Say what happens to numbers', comments: [{ path: first.artifacts[0]!.path, side: 'after', line: 1, text: 'Which unit?' }] });
  const second = await waitingApproval(stack, goal);
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  const names = Object.keys(COPIES) as (keyof typeof COPIES)[];
  const original = { teamId: team, goalId: goal.id };
  const ids = await copyApprovals(client, original, names.map((name) => COPIES[name]));
  await copyTasks(client, original, 1, 2);
  await client.end();
  const copies = Object.fromEntries(names.map((name, index) => [name, { id: ids[index]!, title: COPIES[name].approval.title! }])) as EveryState['copies'];
  await stack.sql('update app.approval set superseded_by = $2 where id = $1', [copies.replaced.id, second.id]);
  await decide(stack, copies.denied.id, { decision: 'deny', reason: 'Not now: after the release' });
  await decide(stack, copies.held.id, { decision: 'deny', reason: 'Not wanted', holdSeconds: 30 });
  await stack.sql(`update app.approval set effective_at = effective_at + interval '1 day' where id = $1`, [copies.held.id]);
  await decide(stack, copies.putOff.id, { decision: 'defer', until: new Date(Date.now() + 3_600_000).toISOString() });
  await decide(stack, copies.escalated.id, { decision: 'escalate' });
  await decide(stack, copies.asked.id, { decision: 'ask', reason: 'Does this touch the release?' });
  await approve(stack, copies.halfway.id);
  for (const [id, state] of [[copies.failed.id, 'failed'], [copies.unknown.id, 'unknown']] as const) await carriedOut(stack, team, id, state);
  return { team, goal, waiting: second.id, sentBack: first.id, copies };
}

/** What the customer says to it, on their terminal. */
async function decide(stack: LocalStack, id: string, body: object): Promise<void> {
  const { digest, version } = await stack.get<ApprovalDetail>('asha', `/v1/approvals/${id}`);
  await stack.post('asha', `/v1/approvals/${id}/decision`, { digest, ...body }, { 'if-match': `"${version}"` });
}

/** As if it had been approved and the executor had come this far with it. */
async function carriedOut(stack: LocalStack, team: string, id: string, state: 'failed' | 'unknown'): Promise<void> {
  const [asha] = await stack.sql<Created>(`select id from app.person where login = 'asha'`);
  const [device] = await stack.sql<Created>('select id from app.device where person_id = $1 limit 1', [asha!.id]);
  // with the yes it was carried out by: a team that carries out what nobody approved is stopped
  await stack.sql(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) select team_id, $2, id, 'approve', digest, $3, $4 from app.approval where id = $1`, [id, uuidv7(), asha!.id, device!.id]);
  await stack.sql('insert into app.approval_use (team_id, approval_id) values ($1, $2)', [team, id]);
  await stack.sql(
    `insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key, finished_at)
     select team_id, $3, id, goal_id, 'git.push', $4::text, $5, id::text, case when $4 = 'failed' then now() end from app.approval where team_id = $1 and id = $2`,
    [team, id, uuidv7(), state, state === 'failed' ? 'push_rejected' : null],
  );
  await stack.sql(`update app.approval set state = 'approved', decided_at = now(), decided_by = $2, device_id = $3, valid_until = now() where id = $1`, [id, asha!.id, device!.id]);
}
