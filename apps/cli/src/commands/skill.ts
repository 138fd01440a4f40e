import type { RecallBody, SkillTrace } from '@countersign/contracts';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';

const USUAL = 'gov';

const show: Command = {
  usage: 'HASH',
  summary: 'who holds or held a skill, and what was made with it',
  words: [1, 1],
  async run(call) {
    const sha256 = hashIn(call.words[0]);
    output(call.global.json, await (await signIn(call, USUAL)).skill(sha256), printTrace);
    return EXIT.done;
  },
};

const recall = withReason('stop every agent that holds a skill, start none with it any more, and list what was made with it', (client, body) => client.recallSkill(body));
const lift = withReason('let agents start with a recalled skill again; what was stopped stays stopped', (client, body) => client.liftRecall(body));

function withReason(summary: string, ask: (client: ApiClient, body: RecallBody) => Promise<SkillTrace>): Command {
  return {
    usage: 'HASH --reason "…"',
    summary,
    options: { reason: { type: 'string' } },
    words: [1, 1],
    async run(call) {
      const sha256 = hashIn(call.words[0]);
      const reason = textFlag(call, 'reason');
      if (!reason?.trim()) throw new UsageError('say why with --reason "…"');
      output(call.global.json, await ask(await signIn(call, USUAL), { sha256, reason }), printTrace);
      return EXIT.done;
    },
  };
}

/** As `sha256sum` prints it, or as a spawn's `skillHash`. */
function hashIn(text = ''): string {
  const hash = text.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new UsageError('HASH is the SHA-256 of a skill’s content, or a skillHash');
  return hash;
}

function printTrace({ sha256, recalled, instances, outputs }: SkillTrace): void {
  for (const { instanceId, state, endReason, teamId } of instances.newest) print(`instance\t${instanceId}\t${state}${endReason === null ? '' : ` (${endReason})`}\tteam ${teamId}`);
  for (const { draftId, goalId, taskId, instanceId, state, commit, submittedAt } of outputs.newest) print(`output\t${draftId}\t${state}${commit === null ? '' : ` ${commit.slice(0, 12)}`}\tgoal ${goalId} task ${taskId}\tby ${instanceId}\t${submittedAt}`);
  say(`${sha256.slice(0, 12)}…  ${recalled ? 'recalled' : 'not recalled'}: ${instances.count} agents held it, ${outputs.count} outputs were made with it`);
}

export const skill = { show, recall, lift };
