import { say } from '../../../../scripts/lib/report.mjs';
import { homeOf } from '../stack/home.js';
import { enterNamespace } from '../stack/namespace.js';
import { Stack } from '../stack/stack.js';
import { header } from '../ui/start-face.js';
import { EXIT, type Command } from './command.js';

export const demo: Command = {
  usage: '[--repo PATH] [--goal "…"] [--branch NAME] [--yes]',
  summary: 'the whole way of a goal on a real repository',
  options: { repo: { type: 'string' }, goal: { type: 'string' }, branch: { type: 'string' }, yes: { type: 'boolean' }, sandbox: { type: 'string' } },
  async run(call) {
    const home = homeOf(call.global.home);
    const entered = await enterNamespace(home, call.args);
    if (entered.done) return entered.exitCode;
    header();
    const stack = await Stack.start({ home, mode: entered.mode, port: 4400, env: process.env });
    try {
      for (const service of stack.missing) say(`  not yet: ${service} is not built, so its part of the demo is left out`);
    } finally {
      await stack.stop();
    }
    return EXIT.done;
  },
};
