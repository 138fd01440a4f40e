/** One entry of the chain, as the export holds it. */
export interface RecordedEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the record alone cannot say: names, and what the gateway counted. */
export interface GoalWords {
  readonly goalId: string;
  readonly text: string;
  readonly customer: string;
  readonly manager: string;
  readonly members: readonly string[];
  readonly tasks: number;
  readonly device: string;
  readonly cost: string;
}

export interface Step {
  readonly title: string;
  readonly who: string;
  readonly what: string;
  readonly cost: string;
  /** Milliseconds after the goal was submitted; undefined when the record holds nothing of this step. */
  readonly atMs: number | undefined;
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/**
 * The ten steps of a goal (design §3), told from its audit chain: what is not in the record is not in the story.
 * Takes the chain of one team; entries before the goal was submitted are left out.
 */
export function tenSteps(chain: readonly RecordedEntry[], words: GoalWords): Step[] {
  const entries = sinceSubmitted(chain, words.goalId);
  const [start] = entries;
  const all = (...actions: string[]): RecordedEntry[] => entries.filter(({ action }) => actions.includes(action));
  const count = (action: string): number => all(action).length;
  const step = (title: string, who: string, what: string, found: readonly RecordedEntry[], cost = ''): Step => {
    const last = found.at(-1);
    return { title, who, what: last ? what : '–', cost, atMs: last && start ? last.atMs - start.atMs : undefined };
  };
  const drafts = all('TEAM-MEMBER-OUTPUT').filter(({ body }) => body['manager_review_status'] === 'submitted');
  const checks = all('DRAFT-CHECKED');
  const passed = checks.filter(({ body }) => body['passed'] === true).length;
  const revised = all('MANAGER-DRAFT-REVIEWED').filter(({ body }) => body['decision'] === 'revise').length;
  const executed = all('EFFECT-EXECUTED').at(-1);
  return [
    step('Goal', words.customer, words.text, start ? [start] : []),
    step('Plan', words.manager, `${plural(words.tasks, 'task')} for ${words.members.join(', ')}, each with checks that decide about it`, all('GOAL-PLANNED')),
    step('Spawn gate', 'spawn-gate', `${plural(count('SPAWN-ALLOWED'), 'instance')} allowed, ${count('SPAWN-DENIED')} denied; each with a budget held`, all('SPAWN-ALLOWED', 'SPAWN-DENIED')),
    step('Work', words.members.join(', '), `${plural(count('INSTANCE-ENDED'), 'worker')} in the sandbox, every call metered`, all('INSTANCE-ENDED'), words.cost),
    step('Workspace', 'fleet', `${plural(count('TEAM-SHARED-CONTEXT-WRITE'), 'file')} in ${plural(drafts.length, 'draft')}`, drafts),
    step('Review', words.manager, `${passed} of ${plural(checks.length, 'check')} passed in a fresh sandbox${revised > 0 ? `, ${plural(revised, 'draft')} sent back` : ''}`, all('MANAGER-DRAFT-REVIEWED')),
    step('Proposal', words.manager, 'one typed effect: git.push', all('MANAGER-APPROVAL-REQUESTED')),
    step('Manifest', 'gateway', `sha256 ${shortHash(all('MOBILE-APPROVAL-REQUESTED').at(-1)?.body['digest'])} to the customer's devices`, all('MOBILE-APPROVAL-REQUESTED')),
    step('Decision', words.customer, `approved exactly those bytes on "${words.device}"`, all('MOBILE-APPROVAL-GRANTED')),
    step('Effect', 'executor', `pushed commit ${shortHash(receiptOf(executed)?.['commit'])} to ${String(receiptOf(executed)?.['branch'])}`, executed ? [executed] : []),
  ];
}

/** A sandbox that a person made weaker: the word they chose, and the levels the workers really had. */
export interface WeakSandbox {
  readonly chosen: string;
  readonly levels: readonly string[];
}

/** What the record says of it for this goal; undefined where nobody chose. */
export function weakSandbox(chain: readonly RecordedEntry[], goalId: string): WeakSandbox | undefined {
  const allowed = sinceSubmitted(chain, goalId).filter(({ action, body }) => (action === 'SPAWN-ALLOWED' || action === 'INSTANCE-STARTED') && body['sandbox_chosen'] !== undefined);
  const [first] = allowed;
  return first && { chosen: String(first.body['sandbox_chosen']), levels: [...new Set(allowed.map(({ body }) => String(body['sandbox_level'])))] };
}

function sinceSubmitted(chain: readonly RecordedEntry[], goalId: string): readonly RecordedEntry[] {
  const start = chain.findIndex(({ action, body }) => action === 'GOAL-SUBMITTED' && body['goal_id'] === goalId);
  return start < 0 ? [] : chain.slice(start);
}

const shortHash = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 12) : '–');

const receiptOf = (entry: RecordedEntry | undefined): Readonly<Record<string, unknown>> | undefined => entry?.body['receipt'] as Readonly<Record<string, unknown>> | undefined;

interface ExportedLine {
  readonly type: string;
  readonly seq: number;
  readonly at_ms: number;
  readonly payload?: string;
}

/** Reads the entries of an export; their hashes are checked by `verifyExport`, not here. */
export function readEntries(lines: readonly string[]): RecordedEntry[] {
  return lines.flatMap((line) => {
    const { type, seq, at_ms: atMs, payload } = JSON.parse(line) as ExportedLine;
    if (type !== 'entry' || payload === undefined) return [];
    const { action, body = {} } = JSON.parse(payload) as { action: string; body?: Record<string, unknown> };
    return [{ seq, atMs, action, body }];
  });
}
