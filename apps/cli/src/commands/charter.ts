import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { EXIT, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

/** A team's charter and protocol, as they are enforced now. */
export const charter: Command = {
  usage: '[team]',
  summary: 'what a team may do, and by which rules, rendered from what is enforced (Markdown)',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, 'asha');
    const { id } = await findTeam(client, call.words[0]);
    const markdown = (await client.bytes(`/v1/teams/${id}/charter`)).toString('utf8');
    output(call.global.json, { teamId: id, markdown }, () => print(markdown.trimEnd()));
    return EXIT.done;
  },
};
