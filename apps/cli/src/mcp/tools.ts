import { fromWireId, GOAL_MODES, MOST_PLACES, type Created, type TeamStanding } from '@countersign/contracts';
import { z } from 'zod';
import type { ApiClient } from '../api/client.js';
import { UsageError } from '../commands/command.js';
import { findGoal, findTeam } from '../commands/find-team.js';

/** What a program may have of the gateway: nothing of it decides, so no tool can be written that says yes. That is for a person, at the link that each approval comes with. */
export type Reach = Pick<ApiClient, 'url' | 'teams' | 'team' | 'coordination' | 'goals' | 'goal' | 'delegateGoal' | 'cancelGoal' | 'approvals' | 'approval' | 'spawnDecision' | 'entries' | 'sendMessage' | 'interrupt' | 'board' | 'clarifications' | 'answerClarification'> & {
  suspendTeam(teamId: string, reason: string): Promise<TeamStanding>;
  /** Mirrors a repository below one of the folders that were named at the start, and submits a goal on it; the same key again is the same goal. */
  submit(goal: { readonly teamId: string; readonly text: string; readonly repository: string; readonly branch: string | undefined; readonly key: string | undefined; readonly mode: (typeof GOAL_MODES)[number] }): Promise<Created & { readonly branch: string }>;
};

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Changes nothing. */
  readonly reads: boolean;
  run(reach: Reach, args: Readonly<Record<string, unknown>>): Promise<object>;
}

const tool = <S extends z.ZodRawShape>(name: string, title: string, description: string, shape: S, run: (reach: Reach, args: z.infer<z.ZodObject<S>>) => Promise<object>, reads = true): Tool => {
  const input = z.strictObject(shape);
  return { name, title, description, input, reads, run: (reach, args) => run(reach, input.parse(args) as z.infer<z.ZodObject<S>>) };
};

const team = z.string().min(1).max(200).describe('A team by id, the end of its id, its bundle or name; may be left out where there is one team.').optional();
const goal = z.string().min(1).max(64).describe('A goal by id, or the end of it.');
const key = z.string().min(8).max(200).regex(/^[!-~]+$/).describe('Of your own making. Repeat a call with the same one when you do not know what came of it: it counts once.').optional();
const LATEST = 50;

/** The tools, in the order in which they are listed. Words of agents in their answers are material to judge, as everywhere. */
export const TOOLS: readonly Tool[] = [
  tool('list_teams', 'List teams', 'The teams you can see, with their state.', {}, async (reach) => ({ teams: await reach.teams() })),
  tool('read_team', 'Read a team', 'Members, budget, goals, and how the manager shares the work out.', { team }, async (reach, args) => {
    const { id } = await findTeam(reach, args.team);
    const [detail, work] = await Promise.all([reach.team(id), reach.coordination(id)]);
    return { ...detail, work };
  }),
  tool('list_goals', 'List goals', 'The goals of a team, the newest 50 first.', { team }, async (reach, args) => ({ goals: await reach.goals((await findTeam(reach, args.team)).id, LATEST) })),
  tool('read_goal', 'Read a goal', 'Tasks, who works on them, cost, and what became of it.', { goal }, async (reach, args) => (await findGoal(reach, args.goal)).goal),
  tool(
    'create_goal', 'Create a goal', 'Gives a team a goal on a git repository of this machine. It works on a copy; nothing leaves the team before a person has approved exactly those bytes. In mode `plan` it is planned and nobody works on it before it is delegated.',
    {
      team, text: z.string().min(1).max(4000).describe('What is to be done.'), repository: z.string().min(1).max(4096).describe('The folder of the repository, on the machine this server runs on, below one that it was started with.'),
      branch: z.string().min(1).max(200).describe('The branch the result will have; made of the text unless said.').optional(), mode: z.enum(GOAL_MODES).default('orchestrate'),
      key,
    },
    async (reach, { team: said, ...wanted }) => {
      const { id: teamId } = await findTeam(reach, said);
      return { team: teamId, ...(await reach.submit({ teamId, ...wanted, branch: wanted.branch, key: wanted.key })) };
    },
    false,
  ),
  tool('delegate_goal', 'Delegate a goal', 'Has the manager delegate a goal to at most so many workers at a time; a goal that was only planned begins.', { goal, workers: z.int().min(1).max(MOST_PLACES) }, async (reach, args) => {
    const found = await findGoal(reach, args.goal);
    return { goal: found.goal.id, ...(await reach.delegateGoal(found.team.id, found.goal.id, args.workers)) };
  }, false),
  tool('cancel_goal', 'Cancel a goal', 'Stops a goal for good.', { goal, reason: z.string().min(1).max(500) }, async (reach, args) => {
    const found = await findGoal(reach, args.goal);
    return { goal: found.goal.id, ...(await reach.cancelGoal(found.team.id, found.goal.id, args.reason)) };
  }, false),
  tool('read_board', 'Read the board', 'The cards of a team by column, with whose turn each is.', { team }, async (reach, args) => (await reach.board((await findTeam(reach, args.team)).id)).value),
  tool('message_member', 'Write to a member', 'Writes to a specialist of a team, or to all of them, as you; the manager reads no mail. It comes with the next answer that their agents get; what they answer goes to the manager, not to you.', {
    team, to: z.string().min(1).max(200).describe('The member, by name or id; every specialist where nobody is named.').optional(), text: z.string().min(1).max(10_000), key,
  }, async (reach, args) => {
    const { id } = await findTeam(reach, args.team);
    const to = args.to === undefined ? undefined : await memberOf(reach, id, args.to);
    return { team: id, ...(await reach.sendMessage(id, { text: args.text, ...(to === undefined ? {} : { to }) }, args.key)) };
  }, false),
  tool('interrupt_member', 'Interrupt a member', 'Has the next call of each of a member’s agents answered with this instead of being done; with `stop` it ends at once, and a person decides how its tasks go on.', {
    team, to: z.string().min(1).max(200).describe('The member, by name or id.'), text: z.string().min(1).max(10_000), stop: z.boolean().default(false), key,
  }, async (reach, args) => {
    const { id } = await findTeam(reach, args.team);
    return { team: id, ...(await reach.interrupt(id, await memberOf(reach, id, args.to), { text: args.text, stop: args.stop }, args.key)) };
  }, false),
  tool('list_questions', 'List questions', 'What members ask about their tasks, the newest 50 first. One that is open has somebody waiting for its answer until `dueAt`.', { team, open: z.boolean().describe('Only those that wait for an answer.').default(false) }, async (reach, args) => ({
    questions: (await reach.clarifications((await findTeam(reach, args.team)).id, args.open ? { open: 'true' } : {})).slice(0, LATEST),
  })),
  tool('answer_question', 'Answer a question', 'Answers, as you, what a member asks; it goes on with these words, which grant it nothing.', { team, question: z.uuid(), text: z.string().min(1).max(4000), key }, async (reach, args) => {
    const { id } = await findTeam(reach, args.team);
    return { team: id, ...(await reach.answerClarification(id, args.question, args.text, args.key)) };
  }, false),
  tool('list_approvals', 'List approvals', 'What people are asked, and were; each with the link at which a person decides. No tool decides.', { state: z.string().min(1).max(40).describe('Only those in this state: pending, approved, denied, …').optional() }, async (reach, args) => ({
    approvals: (await reach.approvals(args.state)).slice(0, LATEST).map((approval) => ({ ...approval, link: linkTo(reach, approval.id) })),
  })),
  tool('read_approval', 'Read an approval', 'What would happen, the files, the checks, and the link at which a person decides. No tool decides.', { approval: z.uuid() }, async (reach, args) => ({ ...(await reach.approval(args.approval)).value, link: linkTo(reach, args.approval) })),
  tool('explain_decision', 'Explain a decision of the gate', 'Why an agent was allowed to start, asked about or denied: every rule that said no, and the policy it was judged by.', { id: z.string().min(1).max(80).describe('Of a decision, an instance or a question of the gate.') }, (reach, { id }) =>
    reach.spawnDecision(fromWireId(id.startsWith('spawn_') ? 'spawnApproval' : 'instance', id))),
  tool('read_record', 'Read the record', 'Entries of a team’s audit chain after a place in it, 50 at most.', { team, after: z.int().min(-1).default(-1) }, async (reach, args) => reach.entries((await findTeam(reach, args.team)).id, args.after, LATEST)),
  tool('suspend_team', 'Suspend a team', 'Stops a team at once; what was asked is taken back, and the helpdesk takes the conversation. A person of the platform lets it go on again.', { team: z.string().min(1).max(200), reason: z.string().min(1).max(500) }, async (reach, args) => {
    const { id } = await findTeam(reach, args.team);
    return { team: id, ...(await reach.suspendTeam(id, args.reason)) };
  }, false),
];

async function memberOf(reach: Reach, teamId: string, said: string): Promise<string> {
  const { members } = await reach.team(teamId);
  const found = members.find(({ id, name }) => id === said || name.toLowerCase() === said.toLowerCase());
  if (!found) throw new UsageError(`no member "${said}"`, `one of: ${members.map(({ name }) => name).join(', ')}`);
  return found.id;
}

const linkTo = ({ url }: Reach, approvalId: string): string => `${url}/a/${approvalId}`;
