import type { StoredEntry } from '../stack/checklist.js';

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Keyed {
  readonly id: string;
  readonly key: string;
}

/** Entries for people to read: each as its action, where it says more, that, who did it (`by`), which member it is about (`of`), and in which task, in which of its rounds. */
export function linesOf(entries: readonly StoredEntry[], members: readonly Named[], tasks: readonly Keyed[]): string[] {
  const nameOf = (id: unknown): string | undefined => members.find((member) => member.id === id)?.name;
  return entries.map(({ action, actor, body }) => {
    const word = wordOf(action, body);
    const of = nameOf(body['team_member_id']) ?? nameOf(body['agent_id']);
    const task = tasks.find(({ id }) => id === body['task_id'])?.key;
    const where = task && (body['round'] === undefined ? task : `${task}, round ${String(body['round'])}`);
    return [action, ...(typeof word === 'string' ? [word] : []), `by ${nameOf(actor.id) ?? (actor.kind === 'person' ? 'a person' : actor.id)}`, ...(of === undefined ? [] : [`of ${of}`]), ...(where === undefined ? [] : [`in ${where}`])].join(' ');
  });
}

function wordOf(action: string, body: StoredEntry['body']): unknown {
  if (action === 'DRAFT-CHECKED') return `${String(body['check'])} ${body['passed'] === true ? 'passed' : 'failed'}`;
  const reason = action === 'MANAGER-TASK-REASSIGNED' || action === 'MANAGER-ESCALATED' ? body['reason'] : undefined;
  return body['status'] ?? body['decision'] ?? body['manager_review_status'] ?? body['trigger'] ?? reason;
}

/** Strands that no cause orders against each other: each keeps its own order, and they may come between one another in any. */
export interface Together {
  readonly together: readonly (readonly string[])[];
}
export type Expected = readonly (string | Together)[];

/** A line that comes of a look which a service takes at its own pace: none, or one for each of its causes, and after it. */
interface Look {
  readonly line: RegExp;
  readonly cause: RegExp;
}

/** The gate looks every few seconds at what waits and what stands still: whether one of its looks falls between a cause and its end is the clock's, and to wait for one in each trail would take as long. */
const LOOKS: readonly Look[] = [
  // a deliverable waits; the customer may have answered before the gate looks
  { line: /^ESCALATION-RAISED deliverable_ready by spawn-gate$/, cause: /^MANAGER-APPROVAL-REQUESTED by Mira$/ },
  // the team stands still; it may go on before
  { line: /^ESCALATION-RAISED team_suspended by spawn-gate$/, cause: /^TEAM-SUSPENDED / },
  // and with it a plan, where one was under way
  { line: /^ESCALATION-RAISED plan_waits by spawn-gate$/, cause: /^TEAM-SUSPENDED / },
  // the customer has left a message for a person
  { line: /^ESCALATION-RAISED customer_message by spawn-gate$/, cause: /^HELPDESK-NOTE-LEFT / },
  // one of these is over, and was raised; the trail may end before the gate looks again
  { line: /^ESCALATION-RESOLVED by spawn-gate$/, cause: /^ESCALATION-RAISED / },
];

export interface Read {
  /** What one thing led to after the other. */
  readonly caused: readonly string[];
  /** Looks that nothing before them explains. */
  readonly unexplained: readonly string[];
}

/** Tells what looks found apart from everything else, which stays as it stands. Nothing is put elsewhere. */
export function readTrail(trail: readonly string[]): Read {
  const caused: string[] = [];
  const unexplained: string[] = [];
  for (const [at, line] of trail.entries()) {
    const look = LOOKS.find((one) => one.line.test(line));
    if (!look) caused.push(line);
    else if (times(trail.slice(0, at + 1), look.line) > times(trail.slice(0, at), look.cause)) unexplained.push(`${at}: ${line}`);
  }
  return { caused, unexplained };
}

const times = (trail: readonly string[], line: RegExp): number => trail.filter((one) => line.test(one)).length;

/** What was expected, with what may come together in the order in which the trail has it, where that is one of the allowed ones. */
export function asItCame(trail: readonly string[], expected: Expected): string[] {
  const lines: string[] = [];
  for (const step of expected) {
    if (typeof step === 'string') lines.push(step);
    else lines.push(...(woven(trail.slice(lines.length), step.together) ?? step.together.flat()));
  }
  return lines;
}

/** The strands as they lie in the beginning of the trail; undefined where they do not. */
function woven(trail: readonly string[], strands: readonly (readonly string[])[]): string[] | undefined {
  const left = strands.filter((strand) => strand.length > 0);
  if (left.length === 0) return [];
  for (const strand of left.filter(([first]) => first === trail[0])) {
    const rest = woven(trail.slice(1), left.map((other) => (other === strand ? other.slice(1) : other)));
    if (rest) return [trail[0]!, ...rest];
  }
  return undefined;
}
