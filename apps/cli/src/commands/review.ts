import { REVIEWERS, type Reviewer, type ReviewVerdict } from '@countersign/contracts';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';

const SUBJECT = 'BUNDLE@VERSION|EVOLUTION-NNN';

/** The path of what is reviewed. */
function pathOf([subject = '']: readonly string[]): string {
  if (/^EVOLUTION-\d+$/.test(subject)) return `/v1/evolutions/${subject}`;
  const [, id, version] = /^([a-z][a-z0-9-]*)@(\d+)$/.exec(subject) ?? [];
  if (id === undefined) throw new UsageError(`"${subject}" is neither ${SUBJECT.replace('|', ' nor ')}`);
  return `/v1/bundles/${id}/versions/${version}`;
}

function roleIn(call: Call): Reviewer | undefined {
  const named = textFlag(call, 'role');
  const role = REVIEWERS.find((known) => known === named);
  if (named !== undefined && role === undefined) throw new UsageError(`--role is one of ${REVIEWERS.join(', ')}, not "${named}"`);
  return role;
}

/** What the person has looked at, as `review list` names it: with another by now, the review is refused. */
function lookedAt(call: Call): { sha256?: string; scopeSha256?: string } {
  const [sha256, scopeSha256] = [textFlag(call, 'text'), textFlag(call, 'scope')];
  return { ...(sha256 === undefined ? {} : { sha256 }), ...(scopeSha256 === undefined ? {} : { scopeSha256 }) };
}

async function record(call: Call, client: ApiClient, role: Reviewer, verdict: ReviewVerdict): Promise<number> {
  const notes = textFlag(call, 'notes');
  if (!notes) throw new UsageError('why? it is kept with the decision', '--notes "…"');
  output(call.global.json, await client.recordReview(pathOf(call.words), { role, verdict, notes, ...lookedAt(call) }), ({ id }) => print(id));
  return EXIT.done;
}

/** A verdict in one's own role: the one that the person has. */
function give(verdict: Exclude<ReviewVerdict, 'waived'>, summary: string): Command {
  return {
    usage: `${SUBJECT} --notes "…" [--role R] [--text SHA256] [--scope SHA256]`,
    summary,
    options: { notes: { type: 'string' }, role: { type: 'string' }, text: { type: 'string' }, scope: { type: 'string' } },
    words: [1, 1],
    async run(call) {
      const client = await signIn(call, 'architect');
      const { roles } = await client.me();
      const role = roleIn(call) ?? REVIEWERS.find((each) => roles.includes(each));
      if (role === undefined) throw new UsageError('this person reviews nothing', `--as genesis, architect or guardian`);
      return record(call, client, role, verdict);
    },
  };
}

const waive: Command = {
  usage: `${SUBJECT} --role systems_architect|vision_guardian --notes "…"`,
  summary: 'say, as the governor, why a review is not needed; it is kept',
  options: { notes: { type: 'string' }, role: { type: 'string' }, text: { type: 'string' }, scope: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const role = roleIn(call);
    if (role === undefined) throw new UsageError('whose review?', '--role systems_architect or --role vision_guardian');
    return record(call, await signIn(call, 'gov'), role, 'waived');
  },
};

const list: Command = {
  usage: SUBJECT,
  summary: 'what was said about a version or an evolution',
  words: [1, 1],
  async run(call) {
    const { items, sha256, scopeSha256 } = await (await signIn(call, 'gov')).reviews(pathOf(call.words));
    output(call.global.json, items, () => {
      printTable(['ROLE', 'VERDICT', 'WHEN', 'NOTES'], items.map(({ role, verdict, at, notes }) => [role, verdict, at, notes]));
      print(`now: --text ${sha256}${scopeSha256 === null ? '' : ` --scope ${scopeSha256}`}`);
    });
    return EXIT.done;
  },
};

export const review = { recommend: give('recommended', 'recommend a bundle’s version or an evolution, in one’s role'), reject: give('rejected', 'recommend against it'), waive, list };
