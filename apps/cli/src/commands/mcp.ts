import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { once } from 'node:events';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { openHttp } from '../mcp/http-door.js';
import { readOffered } from '../mcp/offered.js';
import { mcpServer } from '../mcp/server.js';
import type { Reach } from '../mcp/tools.js';
import { homeOf, type Home } from '../stack/home.js';
import { EXIT, integerFlag, type Command } from './command.js';
import { submitGoal } from './goal.js';

/** Serves until its other side closes, or it is told to end. */
export const mcp: Command = {
  usage: '[--repo FOLDER]… [--http PORT]',
  summary: 'tools for other programs (Model Context Protocol), as you; on stdin and stdout, or over HTTP on this machine',
  options: { http: { type: 'string' }, repo: { type: 'string', multiple: true } },
  async run(call) {
    const reach = reachOf(await signIn(call, 'asha'), homeOf(call.global.home), [call.flags['repo'] ?? []].flat().map(String));
    const port = integerFlag(call, 'http', { min: 0, max: 65_535 });
    if (port === undefined) {
      const server = mcpServer(reach);
      const closed = new Promise<void>((done) => (server.server.onclose = done));
      await server.connect(new StdioServerTransport());
      process.stdin.once('end', () => void server.close());
      await closed;
      return EXIT.done;
    }
    await using door = await openHttp(() => mcpServer(reach), port);
    console.log(JSON.stringify({ url: door.url, token: door.token }));
    say('  serving; end it with Ctrl-C');
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    return EXIT.done;
  },
};

/** Of the person's whole client what tools may have; the rest does not leave this function. */
function reachOf(client: ApiClient, home: Home, roots: readonly string[]): Reach {
  const { url, teams, team, coordination, goals, goal, delegateGoal, cancelGoal, approvals, approval, spawnDecision, entries, sendMessage, interrupt, board, clarifications, answerClarification } = client;
  return {
    url, teams, team, coordination, goals, goal, delegateGoal, cancelGoal, approvals, approval, spawnDecision, entries, sendMessage, interrupt, board, clarifications, answerClarification,
    suspendTeam: (teamId, reason) => client.moveTeam(teamId, 'suspend', reason),
    submit: async ({ repository, ...wanted }) => submitGoal(client, home, { ...wanted, source: await readOffered(roots, repository), repair: undefined }),
  };
}
