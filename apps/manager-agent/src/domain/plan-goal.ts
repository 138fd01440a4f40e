import { depthsOf, MOST_DEPTH, type MemberId, type TaskId } from '@countersign/contracts';
import { ableTo } from './choose-member.js';
import type { Criterion } from './facts.js';
import { inOrder } from './in-order.js';
import { notesOnTexts, type PlanText } from './plan-texts.js';

/** One line of a bundle's playbook: a kind of work, who does it, when it is accepted. */
export interface PlaybookTask {
  readonly key: string;
  readonly title: string;
  readonly skill: string;
  readonly criteria: readonly Criterion[];
  readonly dependsOn: readonly string[];
  /** `repair`: planned only when the goal brings a repair. */
  readonly when: 'always' | 'repair';
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PlanInput {
  readonly playbook: readonly PlaybookTask[];
  readonly repair: { readonly check: string; readonly candidates: readonly object[] } | null;
  readonly members: readonly { readonly id: MemberId; readonly skill: string; readonly others: readonly string[]; readonly active: boolean; readonly suspended: boolean }[];
  /** What the team shares with all. */
  readonly texts?: readonly PlanText[];
  readonly nextId: () => TaskId;
}

export interface PlannedTask {
  readonly id: TaskId;
  readonly ordinal: number;
  readonly key: string;
  readonly title: string;
  readonly skill: string;
  readonly memberId: MemberId;
  readonly criteria: readonly Criterion[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly TaskId[];
  /** What of the team's texts it was planned with: for people to see, no review of anything, and not among what a worker is told. */
  readonly planNotes: readonly string[];
}

export type Plan = { readonly ok: true; readonly tasks: readonly PlannedTask[] } | { readonly ok: false; readonly code: PlanRefusal; readonly message: string };
export type PlanRefusal = 'no_playbook' | 'playbook_invalid' | 'no_member_for_skill';

const refused = (code: PlanRefusal, message: string): Plan => ({ ok: false, code, message });

/**
 * Turns a playbook and a goal into tasks in an order in which each stands after what it depends on.
 *
 * A dependency on a task that this goal does not need is dropped; one on a task that no playbook line names, a cycle, or a
 * skill without an active member refuses the whole plan: half a plan would end in a goal that waits for ever.
 */
export function planGoal({ playbook, repair, members, texts = [], nextId }: PlanInput): Plan {
  const wanted = playbook.filter(({ when }) => when === 'always' || repair !== null);
  if (wanted.length === 0) return refused('no_playbook', 'The bundle has no work for this goal.');
  const fault = faultIn(playbook);
  if (fault) return refused('playbook_invalid', fault);
  const ordered = inOrder(wanted);
  if (!ordered) return refused('playbook_invalid', 'The playbook’s tasks depend on each other in a circle.');
  if (Math.max(...depthsOf(ordered).values()) > MOST_DEPTH) return refused('playbook_invalid', `More than ${MOST_DEPTH} of the playbook’s tasks wait for each other in a row.`);
  const lonely = ordered.find(({ skill }) => ableTo(members, skill).length === 0);
  if (lonely) return refused('no_member_for_skill', `No active member of the team has the skill "${lonely.skill}".`);
  const ids = new Map(ordered.map(({ key }) => [key, nextId()]));
  const tasks = ordered.map((task, ordinal) => ({ ...planned(task, ordinal, ids, members, repair), planNotes: notesOnTexts(task, ordered, texts) }));
  return { ok: true, tasks };
}

function planned(task: PlaybookTask, ordinal: number, ids: ReadonlyMap<string, TaskId>, members: PlanInput['members'], repair: PlanInput['repair']): Omit<PlannedTask, 'planNotes'> {
  const forRepair = task.when === 'repair' && repair !== null;
  return {
    id: ids.get(task.key)!,
    ordinal,
    key: task.key,
    title: task.title,
    skill: task.skill,
    memberId: whoeverHas(task.skill, members).id,
    criteria: forRepair ? task.criteria.map((criterion) => withCheck(criterion, repair.check)) : task.criteria,
    options: forRepair ? { ...task.options, repair } : task.options,
    dependsOn: task.dependsOn.flatMap((key) => ids.get(key) ?? []),
  };
}

/** Whose skill it is, else who can do it too. Who is given it is decided when it is handed out. */
function whoeverHas(skill: string, members: PlanInput['members']): PlanInput['members'][number] {
  const able = ableTo(members, skill);
  return able.find((member) => member.skill === skill) ?? able[0]!;
}

/** The goal's own check is what a repair is accepted by. */
const withCheck = (criterion: Criterion, check: string): Criterion =>
  criterion.kind === 'check-passes' && criterion.command === undefined ? { ...criterion, command: check } : criterion;

function faultIn(playbook: readonly PlaybookTask[]): string | undefined {
  const keys = playbook.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) return `The playbook has two tasks named "${twice}".`;
  const unknown = playbook.flatMap(({ dependsOn }) => dependsOn).find((key) => !keys.includes(key));
  return unknown === undefined ? undefined : `The playbook depends on a task "${unknown}" that it does not have.`;
}
