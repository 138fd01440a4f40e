import { moneyWords } from '@countersign/view';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts, printTable } from '../ui/table.js';
import { apply, draft, drop, publish, review, rollback } from './bundle-draft.js';
import { price } from './bundle-price.js';
import { EXIT, type Command } from './command.js';
import { output } from './data.js';

const USUAL = 'asha';

const list: Command = {
  usage: '',
  summary: 'published team bundles',
  async run(call) {
    const bundles = await (await signIn(call, USUAL)).bundles();
    output(call.global.json, bundles, () => printTable(['BUNDLE', 'VERSION', 'TITLE', 'A MONTH', 'MEMBERS'], bundles.map(({ id, version, title, monthly, members }) => [id, String(version), title, moneyWords(monthly), members.map(({ agent }) => agent).join(', ')])));
    return EXIT.done;
  },
};

const show: Command = {
  usage: '<bundle>',
  summary: 'one bundle: members, what they do, the file as published',
  words: [1, 1],
  async run(call) {
    const [id = ''] = call.words;
    const bundle = await (await signIn(call, USUAL)).bundle(id);
    output(call.global.json, bundle, () => {
      printFacts([['bundle', `${bundle.id} v${bundle.version}`], ['title', bundle.title], ['about', bundle.description], ...bundle.members.map(({ name, skill, agent, kind }): [string, string] => [kind, `${name}: ${skill} (${agent})`])]);
      print(`\n${JSON.stringify(bundle.document, undefined, 2)}`);
    });
    return EXIT.done;
  },
};

export const bundle = { list, show, price, apply, draft, review, publish, rollback, drop };
