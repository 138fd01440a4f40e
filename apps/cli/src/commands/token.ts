import { plainTokenFor } from '../api/sign-in.js';
import { EXIT, UsageError, type Command } from './command.js';
import { output } from './data.js';

export const token: Command = {
  usage: '--as PERSONA',
  summary: 'a bearer token from the local issuer, for scripts: whoever reads it can use it',
  async run(call) {
    if (!call.global.as) throw new UsageError('whose token?', '--as with one of: asha, ben, gov, genesis, architect, guardian, ops');
    output(call.global.json, { token: await plainTokenFor(call, call.global.as) }, (value) => console.log(value.token));
    return EXIT.done;
  },
};
