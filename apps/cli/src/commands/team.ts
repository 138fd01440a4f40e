import { writeFileSync } from 'node:fs';
import type { CertificationView, CoordinationView, MemberLive, MemberVerb, TeamDetail, TrialView } from '@countersign/contracts';
import { costWords, moneyWords, qualityWords, recommendationWords } from '@countersign/view';
import { say } from '../../../../scripts/lib/report.mjs';
import type { TeamVerb } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts, printTable } from '../ui/table.js';
import { stateWord } from '../ui/words.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { findMember } from './escalation.js';
import { findTeam } from './find-team.js';
import { memberNamed } from './message.js';

const USUAL = 'asha';

const list: Command = {
  usage: '',
  summary: 'the teams of a customer; all of them for platform staff',
  async run(call) {
    const teams = await (await signIn(call, USUAL)).teams();
    output(call.global.json, teams, () => printTable(['TEAM', 'NAME', 'STATE', 'MODE', 'BUNDLE'], teams.map(({ id, name, state, mode, bundleId }) => [id, name, stateWord(state), mode, bundleId])));
    return EXIT.done;
  },
};

const status: Command = {
  usage: '[team]',
  summary: 'members, budget and goals of a team',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const team = await client.team((await findTeam(client, call.words[0])).id);
    output(call.global.json, team, printTeam);
    return EXIT.done;
  },
};

const members: Command = {
  usage: '[team]',
  summary: 'members as they live: what is known of their agents, and what these use',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { items } = await client.members((await findTeam(client, call.words[0])).id);
    output(call.global.json, items, () => printTable(['MEMBER', 'SKILL', 'ACTIVITY', 'EVIDENCE', 'LAUNCH', 'HEARD', 'CPU', 'MEMORY', 'MAIL', 'DOES'], items.map(rowOf)));
    return EXIT.done;
  },
};

function rowOf({ name, skill, activity, evidence, launch, heardAt, samples, waitingMail, run }: MemberLive): string[] {
  const last = samples.at(-1);
  return [name, skill, activity, evidence, launch, heardAt ?? '', last ? `${Math.round(last.cpuThousandths / 10)} %` : '', last ? `${Math.round(last.memoryBytes / 1024 / 1024)} MiB` : '', String(waitingMail), run?.progress || run?.title || ''];
}

const log: Command = {
  usage: '<member> [--task ID] [--lines N] [--team T]',
  summary: 'what a member’s agents said, the oldest of it first',
  options: { team: { type: 'string' }, task: { type: 'string' }, lines: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { id } = await findTeam(client, textFlag(call, 'team'));
    const [task, lines = '50'] = [textFlag(call, 'task'), textFlag(call, 'lines')];
    if (!/^[1-9]\d?$|^100$/.test(lines)) throw new UsageError(`how many lines? 1 to 100, not "${lines}"`);
    const { items } = await client.memberLog(id, await memberNamed(client, id, call.words[0]), { limit: lines, ...(task === undefined ? {} : { task }) });
    output(call.global.json, items, () => printTable(['AT', 'RUN', 'STREAM', 'LINE'], items.toReversed().map(({ at, runId, stream, line }) => [at, runId.slice(-8), stream, line])));
    return EXIT.done;
  },
};

function printTeam(team: TeamDetail): void {
  const { usd_micros: cost, tokens } = team.budget;
  const dollars = (amountMicros: number): string => moneyWords({ amountMicros, currency: 'USD' });
  printFacts([
    ['team', `${team.name} (${team.id})`],
    ['state', `${stateWord(team.state)}${team.stateReason ? `: ${team.stateReason}` : ''}`],
    ['mode', team.mode],
    ...(team.coordination === 'manager' ? [] : [['coordinated by', team.coordination === 'person' ? 'a governor of the platform' : 'nobody: its members are single agents'] as [string, string]]),
    ['cost', `${dollars(cost.spent)} of ${dollars(cost.granted)}, ${dollars(cost.held)} held, at most ${dollars(cost.overshoot)} more for calls under way`],
    ['tokens', `${tokens.spent} of ${tokens.granted}`],
    ...team.members.map(({ name, skill, agent, state }): [string, string] => ['member', `${name}: ${skill} (${agent}), ${state}`]),
  ]);
  if (team.goals.length > 0) print('');
  printTable(['GOAL', 'STATE', 'COST', 'TEXT'], team.goals.map(({ id, state, cost: spent, text }) => [id, stateWord(state), costWords(spent), text]));
}

const work: Command = {
  usage: '[team]',
  summary: 'how the manager shares the work out, what came of it, and what it recommends',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const view = await client.coordination((await findTeam(client, call.words[0])).id);
    output(call.global.json, view, printWork);
    return EXIT.done;
  },
};

function printWork({ fairnessPercent, mostPerMember, members, recommendations }: CoordinationView): void {
  printFacts([['shared out', fairnessPercent === null ? 'no choice in the last 30 days' : `${fairnessPercent} % even, where more than one can do it`], ['in hand', `at most ${mostPerMember} each`]]);
  print('');
  printTable(['MEMBER', 'SKILL', 'STATE', 'IN HAND', 'LAST 30 DAYS'], members.map((member) => [member.name, [member.skill, ...member.secondarySkills].join(' '), member.state, String(member.inHand), qualityWords(member)]));
  if (recommendations.length === 0) return;
  print('');
  printTable(['RECOMMENDED', 'OF', 'BECAUSE', 'AT'], recommendations.map(({ recommends, member, reason, at }) => [recommends, member, recommendationWords[reason], at]));
}

const recommended: Command = {
  usage: '',
  summary: 'which members managers recommend to suspend, of all teams (genesis)',
  async run(call) {
    const list = await (await signIn(call, 'genesis')).recommendations();
    output(call.global.json, list, ({ items }) => printTable(['TEAM', 'RECOMMENDED', 'OF', 'BECAUSE', 'AT'], items.map(({ teamName, recommends, member, reason, at }) => [teamName, recommends, member, recommendationWords[reason], at])));
    return EXIT.done;
  },
};

const hire: Command = {
  usage: '<bundle> [--mode trial|production] [--bundle-version N]',
  summary: 'hire a team, of the newest version or, where one is named, of that or none; it works once it is certified and deployed',
  options: { mode: { type: 'string' }, 'bundle-version': { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [bundleId = ''] = call.words;
    const mode = textFlag(call, 'mode') ?? 'trial';
    if (mode !== 'trial' && mode !== 'production') throw new UsageError(`--mode is trial or production, not "${mode}"`);
    const client = await signIn(call, USUAL);
    const bundle = await client.bundle(bundleId);
    const version = textFlag(call, 'bundle-version');
    if (version !== undefined && version !== String(bundle.version)) throw new UsageError(`${bundleId} is for hire in version ${bundle.version} alone, not in "${version}"`, `countersign bundle price ${bundleId}`);
    say(`  ${bundle.title}, version ${bundle.version}: ${mode === 'trial' ? `a trial costs nothing, then ${moneyWords(bundle.monthly)}` : moneyWords(bundle.monthly)} a month`);
    const hired = await client.hire(bundle, mode);
    output(call.global.json, hired, ({ id }) => print(id));
    if (!call.global.json) say(`  next: countersign team certify ${hired.id} (genesis), then countersign team deploy ${hired.id}`);
    return EXIT.done;
  },
};

const trial: Command = {
  usage: '[team]',
  summary: 'how a trial stands, and what stands against production',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    output(call.global.json, await client.trial((await findTeam(client, call.words[0])).id), printTrial);
    return EXIT.done;
  },
};

function printTrial({ standing, endsAt, graceUntil, outcome, planned, tasks, extended, mostExtensions, beyond, unmet }: TrialView): void {
  printFacts([
    ['trial', outcome ?? standing],
    ['ends', `${endsAt}; what is under way is finished until ${graceUntil}`],
    ['tasks', `${planned} of ${tasks}`],
    ['made longer', `${extended} of ${mostExtensions} times`],
    ...(outcome === null ? [['for more', `${beyond} (team extend, team promote)`] as [string, string]] : []),
    ...(unmet.length === 0 ? [['production', 'a governor may decide for it'] as [string, string]] : unmet.map(({ words }): [string, string] => ['not yet', words])),
  ]);
}

const rate: Command = {
  usage: '<team> <1-5>',
  summary: 'say what you think of your team, out of five',
  words: [1, 2],
  async run(call) {
    const stars = Number(call.words.at(-1));
    if (![1, 2, 3, 4, 5].includes(stars)) throw new UsageError('a rating is one to five stars', 'countersign team rate TEAM 4');
    const client = await signIn(call, USUAL);
    const { id } = await findTeam(client, call.words.length === 2 ? call.words[0] : undefined);
    await client.rateTeam(id, stars);
    output(call.global.json, { id, stars }, () => print(`${id}\t${stars}`));
    return EXIT.done;
  },
};

const exported: Command = {
  usage: '[team] [--out FILE]',
  summary: 'everything that a team has made, as a tar archive; also when it is over',
  options: { out: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { id } = await findTeam(client, call.words[0]);
    const out = textFlag(call, 'out') ?? `team-${id}.tar`;
    const bytes = await client.teamExport(id);
    writeFileSync(out, bytes);
    output(call.global.json, { id, file: out, bytes: bytes.length }, () => print(out));
    return EXIT.done;
  },
};

function member(verb: MemberVerb, usual: string, summary: string): Command {
  return {
    usage: '<team> <member> --reason "…"',
    summary,
    options: { reason: { type: 'string' } },
    words: [2, 2],
    async run(call) {
      const [said = '', name = ''] = call.words;
      const client = await signIn(call, usual);
      const { id } = await findTeam(client, said);
      const memberId = await findMember(client, id, name);
      const reason = textFlag(call, 'reason') ?? '';
      const done = verb === 'replace' ? await client.replaceMember(id, memberId, reason) : await client.steerMember(id, memberId, verb, reason);
      output(call.global.json, done, () => print(`${memberId}\t${verb}\t${'id' in done ? done.id : done.state}`));
      return EXIT.done;
    },
  };
}

/** A verb of the team's life, done by the persona who usually may. */
function move(verb: TeamVerb, usual: string, summary: string, needsReason: boolean): Command {
  return {
    usage: `<team>${needsReason ? ' --reason "…"' : ''}`,
    summary,
    options: { reason: { type: 'string' } },
    words: [0, 1],
    async run(call) {
      const reason = textFlag(call, 'reason');
      if (needsReason && !reason) throw new UsageError('why? people will read it', '--reason "…"');
      const client = await signIn(call, usual);
      const { id } = await findTeam(client, call.words[0]);
      const moved = await client.moveTeam(id, verb, reason);
      output(call.global.json, moved, ({ state, approvalId }) => print([id, state, ...(approvalId === undefined ? [] : [approvalId])].join('\t')));
      if (moved.approvalId === undefined) return EXIT.done;
      if (!call.global.json) say(`  it waits for a person’s yes to the team’s manager: countersign agent approve ${moved.approvalId}`);
      return EXIT.denied;
    },
  };
}

const certification: Command = {
  usage: '[team]',
  summary: 'what a team was certified by, or what stands against it',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    output(call.global.json, await client.certification((await findTeam(client, call.words[0])).id), printCertification);
    return EXIT.done;
  },
};

function printCertification({ bundle, certifiedAt, classification, criteria, checklists, reviews, alignment, risks, precedents, notes, refusal, refusalWords }: CertificationView): void {
  printFacts([
    ['bundle', bundle],
    ['certified', certifiedAt ?? (refusal === null ? 'not yet; nothing stands against it' : `not now (${refusal}): ${refusalWords ?? ''}`)],
    ['class', [classification, ...Object.values(criteria).flat()].join('; ')],
    ['alignment', `${alignment} of 100`],
    ...risks.map(({ id, points, of, mitigation, inputs }): [string, string] => ['risk', `${id} ${points} of ${of}: ${mitigation}${inputs.filter(({ met }) => !met).map(({ name }) => `; not so: ${name}`).join('')}`]),
    ...checklists.map(({ subject, version, headings }): [string, string] => ['checklist', `${subject} ${version}: ${headings.filter(({ evidence }) => evidence.length > 0 && evidence.every(({ holds }) => holds)).length} of 10 headings shown`]),
    ...reviews.map(({ role, state }): [string, string] => ['review', `${role}: ${state}`]),
    ['precedents', precedents.join(', ') || 'none'],
    ...notes.map((note): [string, string] => ['note', note]),
  ]);
}

export const team = {
  certification,
  hire,
  list,
  status,
  trial,
  rate,
  export: exported,
  work,
  recommended,
  members,
  log,
  certify: move('certify', 'genesis', 'certify a requested team', false),
  deploy: move('deploy', USUAL, 'put a certified team to work', false),
  suspend: move('suspend', USUAL, 'stop a team at once; the helpdesk takes the conversation', true),
  reactivate: move('reactivate', 'gov', 'let a suspended team go on', false),
  reject: move('reject', 'genesis', 'refuse a requested team', true),
  complete: move('complete', USUAL, 'end a team whose work is done', false),
  dissolve: move('dissolve', 'gov', 'end a suspended team', true),
  cancel: move('cancel', USUAL, 'cancel a team, wherever it is; what it made is kept', false),
  archive: move('archive', 'gov', 'put a team away that is over', false),
  promote: move('promote', USUAL, 'make a trial production, when it has passed its test', false),
  extend: move('extend', USUAL, 'make a trial longer', false),
  coordinate: move('coordinate', 'gov', 'coordinate a team yourself for a while, in its manager’s place', true),
  handback: move('hand-back', 'gov', 'let a team’s manager coordinate it again', false),
  bench: member('suspend', USUAL, 'stop one member of a team; the others go on'),
  unbench: member('reinstate', 'genesis', 'let a suspended member work again'),
  replace: member('replace', 'genesis', 'give a member’s place to a fresh one, as a governor has asked'),
  revert: move('revert', USUAL, 'make a team’s members single agents again, without a manager: ends its goals, and cannot be taken back', false),
};
