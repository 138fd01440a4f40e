import { digestWords, SERVICES, workerName, type GoalDetail } from '@countersign/contracts';
import { costWords, moneyWords } from '@countersign/view';
import { paint, say, SetupError, step } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { approveOnDevice, askPerson, canAsk } from '../demo/decision.js';
import { ensureDemoRepo } from '../demo/demo-repo.js';
import { heading, printResult, printSteps } from '../demo/face.js';
import { DEMO_GOAL, DEMO_REPAIR, REPO_GOAL } from '../demo/story.js';
import { ensureTeam } from '../demo/team.js';
import { readEntries, tenSteps, weakSandbox } from '../demo/ten-steps.js';
import { lookAtRemote, snapshotOf, verifyRecord } from '../demo/verify.js';
import { readSource, type Source } from '../repo/source.js';
import { homeOf, type Home } from '../stack/home.js';
import { enterNamespace } from '../stack/namespace.js';
import { runningStack } from '../stack/record.js';
import type { Stack } from '../stack/stack.js';
import { isBuilt } from '../stack/services.js';
import { GoalFollower } from '../ui/follow-goal.js';
import { header, startedFace } from '../ui/start-face.js';
import { REHEARSAL_PRICES } from '../ui/words.js';
import { EXIT, textFlag, type Call, type Command } from './command.js';
import { submitGoal } from './goal.js';
import { readSandbox, requireSameSandbox, SANDBOX_OPTION, SANDBOX_USAGE, warnOfSandbox } from './sandbox-flag.js';
import { untilAskedToEnd } from './up.js';

const BASE_PORT = 4400;
const GOAL_LIMIT_MS = 300_000;
const PERSONA = 'asha';
/** After the decision: something still happens to it. */
const UNDER_WAY: ReadonlySet<GoalDetail['state']> = new Set(['proposed', 'executing', 'running', 'changes_requested']);

export const demo: Command = {
  usage: `[--repo PATH] [--goal "…"] [--branch NAME] [--yes] ${SANDBOX_USAGE}`,
  summary: 'the whole way of a goal on a real git repository',
  options: { repo: { type: 'string' }, goal: { type: 'string' }, branch: { type: 'string' }, yes: { type: 'boolean' }, ...SANDBOX_OPTION },
  async run(call) {
    const sandbox = readSandbox(call);
    const home = homeOf(call.global.home);
    const running = runningStack(home);
    if (running?.state === 'ready') {
      requireSameSandbox(call, running);
      return tell(call, home);
    }
    const entered = await enterNamespace(home, call.args);
    if (entered.done) return entered.exitCode;
    header();
    warnOfSandbox(sandbox);
    const { Stack } = await import('../stack/stack.js'); // only the process inside the namespace needs it
    const stack = await Stack.start({ home, mode: entered.mode, port: BASE_PORT, env: process.env, sandbox });
    try {
      return await withStack(call, home, stack);
    } finally {
      await stack.stop();
    }
  },
};

/** In a terminal the stack stays up after the story, until Ctrl-C. */
async function withStack(call: Call, home: Home, stack: Stack): Promise<number> {
  const missing = SERVICES.filter((service) => !isBuilt(service));
  if (missing.length > 0) {
    say(`\n  ${paint(33, 'not yet')}  the demo needs ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not built: it started and ended what there is`);
    return EXIT.done;
  }
  const stopped = untilAskedToEnd().then(() => 'stopped' as const);
  const code = await Promise.race([tell(call, home), stopped]);
  if (code === 'stopped') return 130;
  if (!canAsk()) return code;
  startedFace(stack.record());
  say('  The stack stays up. Ctrl-C ends it.');
  await stopped;
  return code;
}

/** The commands of the command line in order: hire, submit, follow, approve, verify. */
async function tell(call: Call, home: Home): Promise<number> {
  const client = await signIn(call, PERSONA);
  const { team, hired } = await ensureTeam(call, client);
  const path = textFlag(call, 'repo');
  const source = await readSource(path ?? (await ensureDemoRepo(home)).folder);
  const before = await snapshotOf(source);
  heading(`${hired ? 'Hired' : 'Found'} ${team.name} (${team.id})`);
  say(`  repository  ${source.folder} at ${source.base.slice(0, 12)} (${source.branch})\n  remote      ${source.remote}`);
  if (source.dirty) say(`  ${paint(33, 'note')}        what is not committed there is not part of the work`);
  const text = textFlag(call, 'goal') ?? (path === undefined ? DEMO_GOAL : REPO_GOAL);
  const { id } = await submitGoal(client, home, { teamId: team.id, text, source, branch: textFlag(call, 'branch'), repair: path === undefined && textFlag(call, 'goal') === undefined ? DEMO_REPAIR : undefined });
  heading(text);
  const follower = new GoalFollower(client, team.id, id);
  const drafted = await follower.follow({ limitMs: GOAL_LIMIT_MS });
  const finished = drafted.state === 'proposed' ? await decided(call, client, home, drafted, follower) : drafted;
  return finish(client, home, team.id, finished, source, before);
}

async function decided(call: Call, client: ApiClient, home: Home, goal: GoalDetail, follower: GoalFollower): Promise<GoalDetail> {
  if (!goal.approval) throw new SetupError('the goal is proposed, but no approval was asked for in time', { hint: 'see the gateway log' });
  const approval = await client.approval(goal.approval.id);
  const { value } = approval;
  heading(value.question);
  say(`  ${value.whatHappens}\n  digest  ${paint(1, digestWords(value.digest))}  ${value.digest}\n  cost    ${costWords(value.cost)}\n`);
  if (canAsk() && call.flags.yes !== true) say(`  ${await askPerson(client, home, approval)}\n`);
  else await step('Approved', () => approveOnDevice(client, home, approval).then(() => 'by the demo customer’s device'));
  return follower.follow({ until: ({ state }) => !UNDER_WAY.has(state), limitMs: GOAL_LIMIT_MS });
}

async function finish(client: ApiClient, home: Home, teamId: string, goal: GoalDetail, source: Source, before: string): Promise<number> {
  const verified = await verifyRecord(client, teamId, home);
  const { members } = await client.team(teamId);
  const approval = goal.approval ? (await client.approval(goal.approval.id)).value : undefined;
  const chain = readEntries(verified.lines);
  printSteps(
    tenSteps(chain, {
      goalId: goal.id,
      text: goal.text,
      customer: approval?.decision?.by ?? 'the customer',
      manager: members.find(({ kind }) => kind === 'manager')?.name ?? 'the manager',
      tasks: goal.tasks.length,
      members: [...new Set(goal.tasks.map(workerName))],
      device: approval?.decision?.device ?? 'a device',
      cost: moneyWords(goal.cost),
    }),
  );
  if (goal.cost.rehearsal) say(`  ${paint(2, REHEARSAL_PRICES)}`);
  const untouched = (await snapshotOf(source)) === before;
  if (goal.state !== 'done' || !goal.approval || !goal.effect) {
    say(`\n  ${paint(goal.state === 'denied' ? 33 : 31, `The goal is ${goal.state}.`)} ${goal.note}`);
    if (goal.note.includes('spawn_sandbox_insufficient')) say(`  ${paint(36, 'hint:')} \`countersign doctor\` says what is missing here; --sandbox process asks for less, on your own responsibility`);
    return goal.state === 'denied' || goal.state === 'done' ? EXIT.done : EXIT.failed;
  }
  const pushed = await lookAtRemote(client, goal.approval.id, goal.effect, source);
  printResult(pushed, untouched, verified, weakSandbox(chain, goal.id));
  return verified.report.ok && untouched ? EXIT.done : EXIT.failed;
}
