import { ArtifactId, DeliverableId, DraftId, GoalId, RunId, TaskId, unsendable, uuidv7, type DeliverableFile, type Effect } from '@countersign/contracts';
import type { Injection, LocalStack } from '@countersign/testing';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As much of it as there is room for; no character is cut in half. */
const kept = (text: string, length: number): string => [...text].slice(0, length).join('');
/** A name of a file that git and the product take, with as much of the text in it as that allows. */
const pathOf = ({ mark, text }: Injection): string => `docs/${mark} ${kept(text.replaceAll(/[\p{Cc}\\/:"<>|?*]/gu, ''), 60).trim()}.md`;

/** Every other one is to be sent to other people. */
const isSent = ({ mark }: Injection): boolean => Number(/\d+/.exec(mark)![0]) % 2 === 1;
export const tierOf = (injection: Injection): number => (isSent(injection) ? 2 : 1);
const effectOf = (injection: Injection, path: string): Effect => (isSent(injection)
  ? { kind: 'email.send', from: 'reports@chai.test', to: ['everybody@chai.test'], cc: [], subject: 'This week', body: path, attachments: [] }
  : { kind: 'file.publish', folder: `folder-${injection.mark.toLowerCase().replace('inj', '')}` });

/** The operator's file that lets it go there: nobody is asked about the rest. */
export function egressFile(below: string): string {
  const folder = mkdtempSync(join(below, 'egress-'));
  chmodSync(folder, 0o755); // a service may run as an account of its own
  const file = join(folder, 'egress.yaml');
  writeFileSync(file, 'customers: [{ customer: "*", email: { from: reports@chai.test, domains: [chai.test] } }]\n');
  return file;
}

interface Proposed {
  readonly deliverableId: DeliverableId;
  readonly goalId: GoalId;
  /** Why nobody is asked about it: it could not be sent. */
  readonly unfit: ReturnType<typeof unsendable>;
}

/** A goal whose agents wrote the text wherever agents can write, and which is proposed: the rows that fleet and manager would have written. */
export async function proposedWith(stack: Pick<LocalStack, 'sql'>, teamId: string, injection: Injection): Promise<Proposed> {
  const { text } = injection;
  const [team] = await stack.sql<{ manager: string; member: string; person: string; epoch: number }>(
    `select t.epoch, (select id from app.member m where m.team_id = t.team_id and m.kind = 'manager') as manager, (select id from app.member m where m.team_id = t.team_id and m.kind = 'specialist' order by id limit 1) as member,
      (select id from app.person p where p.login = 'asha') as person from app.team t where t.team_id = $1`, [teamId]);
  const { manager, member, person, epoch } = team!;
  const [goalId, taskId, runId, draftId, artifactId, deliverableId] = [GoalId.next(), TaskId.next(), RunId.next(), DraftId.next(), ArtifactId.next(), DeliverableId.next()];
  const content = Buffer.from(kept(text, 1_000_000));
  const hash = createHash('sha256').update(content).digest();
  const file: DeliverableFile = { artifactId, path: isSent(injection) ? 'out/report.md' : pathOf(injection), mode: '100644', mediaType: 'text/markdown', sha256: hash.toString('hex'), size: content.length, deleted: false };
  const put = (table: string, row: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const names = Object.keys(row);
    return stack.sql(`insert into app.${table} (team_id, ${names.join(', ')}) values ($1, ${names.map((_, index) => `$${index + 2}`).join(', ')})`, [teamId, ...Object.values(row)]);
  };
  await put('goal', { id: goalId, text: kept(text, 2_000), state: 'running', submitted_by: person, repository: '{}' });
  await put('task', { id: taskId, goal_id: goalId, ordinal: 0, key: 'docs', title: 'Docs', skill: 'docs', member_id: member, criteria: '[{"id": "parses", "kind": "parses"}]', state: 'done', round: 1, notes: JSON.stringify([kept(text, 1_000)]), detail: kept(text, 1_000) });
  await put('worker_run', { id: runId, task_id: taskId, member_id: member, round: 1, state: 'submitted', epoch, progress: kept(text, 200) });
  await put('draft', { id: draftId, task_id: taskId, run_id: runId, round: 1, summary: kept(text, 1_000), base_commit: 'a'.repeat(40), state: 'committed' });
  await put('check_run', { id: uuidv7(), draft_id: draftId, criterion: 'parses', passed: true, output_tail: kept(text, 2_000), duration_ms: 1, sandbox_level: 3 });
  await put('artifact', { id: artifactId, draft_id: draftId, path: file.path, version: 1, media_type: file.mediaType, size: content.length, sha256: hash, content });
  await put('deliverable', {
    id: deliverableId, goal_id: goalId, revision: 1, summary: kept(text, 2_000), effect: JSON.stringify(effectOf(injection, file.path)),
    files: JSON.stringify([file]), checks: JSON.stringify([{ taskId, taskKey: 'docs', draftId, criterion: 'parses', kind: 'parses', passed: true }]), proposed_by: manager,
  });
  await stack.sql(`update app.goal set state = 'proposed' where team_id = $1 and id = $2`, [teamId, goalId]);
  return { deliverableId, goalId, unfit: unsendable(effectOf(injection, file.path), [file], content) };
}
