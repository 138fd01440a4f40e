import { goalMachine, isTerminal, type ContextVisibility, type GoalState } from '@countersign/contracts';

/** Things one team shares at a time at most, so that a page and a worker's start can hold them. */
const MOST_ENTRIES = 200;

export interface ContextFacts {
  readonly customerMatches: boolean;
  readonly governs: boolean;
  readonly teamState: string;
  /** Null: nothing of that id. */
  readonly current: { readonly version: number; readonly sha256: string; readonly visibility: ContextVisibility; readonly taskId: string | null; /** Its newest content was. */ readonly erased: boolean } | null;
  readonly entries: number;
  readonly taskKnown: boolean;
}
export interface WantedWrite {
  readonly visibility: ContextVisibility;
  readonly hasTask: boolean;
  readonly expected: number;
  readonly overwrite: boolean;
  readonly sha256: string;
}
export type JudgedWrite =
  | { readonly ok: true; readonly version: number; /** Of a version that the writer had not before them. */ readonly replaced: string | null; readonly unchanged?: true }
  | { readonly ok: false; readonly code: 'not_found' | 'not_permitted' | 'team_not_active' | 'stale_version' | 'task_unknown' | 'visibility_invalid' | 'workspace_full'; readonly message: string };

const no = (code: Extract<JudgedWrite, { ok: false }>['code'], message: string): JudgedWrite => ({ ok: false, code, message });

export interface ErasureFacts {
  readonly customerMatches: boolean;
  readonly governs: boolean;
  /** Of the goal that the file was made for; null: there is no such file. */
  readonly goalState: GoalState | null;
}

/** Whether the bytes of a file may be erased: not while its goal is under way, for somebody may be asked about them, or an executor have them in hand. */
export function judgeErasure({ customerMatches, governs, goalState }: ErasureFacts): { readonly code: 'not_found' | 'not_permitted' | 'goal_not_finished'; readonly message: string } | undefined {
  if (!customerMatches || goalState === null) return { code: 'not_found', message: 'The team has no such file.' };
  if (!governs) return { code: 'not_permitted', message: 'Only a governor of the customer has content erased.' };
  return isTerminal(goalMachine, goalState) ? undefined : { code: 'goal_not_finished', message: `The goal is ${goalState}: its files are needed until it is over. Cancel it, or wait.` };
}

/** Whether a version may be written over what is there: only over the one that its writer saw, unless they say so. */
export function judgeContext(facts: ContextFacts, wanted: WantedWrite): JudgedWrite {
  const { current } = facts;
  if (!facts.customerMatches) return no('not_found', 'There is no such team.');
  if (!facts.governs) return no('not_permitted', 'Only a governor of the customer writes what a team shares.');
  if (facts.teamState !== 'active') return no('team_not_active', `The team is ${facts.teamState}.`);
  if ((wanted.visibility === 'task') !== wanted.hasTask) return no('visibility_invalid', 'What is for one task names it, and nothing else does.');
  if (!facts.taskKnown) return no('task_unknown', 'The team has no such task.');
  if (current === null) {
    if (wanted.expected !== 0 && !wanted.overwrite) return no('not_found', 'The team shares nothing of that id.');
    return facts.entries >= MOST_ENTRIES ? no('workspace_full', `A team shares at most ${MOST_ENTRIES} things.`) : { ok: true, version: 1, replaced: null };
  }
  const seen = current.version === wanted.expected;
  // the same request again, whose answer was lost; what was erased since is written anew
  if (!current.erased && current.sha256 === wanted.sha256 && (seen || current.version === wanted.expected + 1)) return { ok: true, version: current.version, replaced: null, unchanged: true };
  if (!seen && !wanted.overwrite) return no('stale_version', `Version ${current.version} was written in the meantime.`);
  return { ok: true, version: current.version + 1, replaced: seen ? null : current.sha256 };
}
