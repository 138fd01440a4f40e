import { CONFIRMATION_IDS, evolutionProposalSchema, InvalidFileError, readYaml, violationLine, type EvolutionProposal, type EvolutionVerb, type EvolutionView, type ReviewView } from '@countersign/contracts';
import { say, paint } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts, printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { textOf } from './policy-files.js';

const USUAL = 'gov';

const propose: Command = {
  usage: 'FILE',
  summary: 'propose that agents may do more than was decided, by a YAML file',
  words: [1, 1],
  async run(call) {
    const [file = ''] = call.words;
    const text = textOf(file);
    if (text === undefined) {
      say(`${paint(31, 'error:')} there is no file ${file}`);
      return EXIT.notFound;
    }
    try {
      const proposal = readYaml(evolutionProposalSchema, file, text);
      output(call.global.json, await (await signIn(call, 'architect')).proposeEvolution(proposal), ({ id }) => print(id));
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      for (const fault of error.violations) print(violationLine(fault));
      return EXIT.failed;
    }
  },
};

const list: Command = {
  usage: '',
  summary: 'evolutions, the newest first',
  async run(call) {
    const all = await (await signIn(call, USUAL)).evolutions();
    output(call.global.json, all, () => printTable(['EVOLUTION', 'STATE', 'PRECEDENT', 'TITLE'], all.map(({ id, state, seed, title }) => [id, state, seed ?? '', title])));
    return EXIT.done;
  },
};

const show: Command = {
  usage: 'ID',
  summary: 'one evolution: its reviews, the six questions, and how it was decided',
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const [found, { items }] = await Promise.all([client.evolution(call.words[0]!), client.reviews(`/v1/evolutions/${encodeURIComponent(call.words[0]!)}`)]);
    output(call.global.json, { ...found, said: items }, (one) => printEvolution(one, one.said));
    return EXIT.done;
  },
};

function printEvolution({ id, title, state, seed, proposer, proposedBy, decider, proposal, reviews, answers, rationale }: EvolutionView, said: readonly ReviewView[] = []): void {
  const { current, proposed, rationale: reasons = [], about, criteria, seed: precedent } = proposal as Partial<EvolutionProposal>;
  printFacts([
    ['evolution', `${id}: ${title}`],
    ['state', seed === null ? state : `${state}, precedent ${seed}`],
    ['proposed by', proposer ?? (proposedBy === null ? 'not on record: the precedent of the operator’s file is its record' : 'a person who is not there any more')],
    ...(about ? ([['about', `teams of ${about.bundle}@${about.version}`]] as [string, string][]) : []),
    ...(current === undefined ? [] : ([['today', current]] as [string, string][])),
    ['proposed', proposed ?? ''],
    ...reasons.map((why): [string, string] => ['because', why]),
    ...Object.entries(criteria ?? {}).map(([name, why]): [string, string] => [name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`), (why as readonly string[]).join('; ') || 'no']),
    ...(precedent ? ([[state === 'approved' ? 'became' : 'would become', `${precedent.seed_id}: ${precedent.principle}`]] as [string, string][]) : []),
    ...reviews.map(({ role, state: standing }): [string, string] => ['review', `${role}: ${standing}`]),
    ...said.map(({ role, verdict, by, notes }): [string, string] => ['said', `${role} ${verdict}${by === null ? '' : `, ${by}`}: ${notes}`]),
    ...answers.map(({ question, words, accepted, note }): [string, string] => ['question', `${question}: ${accepted === null ? 'open' : accepted ? 'accepted' : 'not accepted'}. ${words}${note === '' ? '' : ` ${note}`}`]),
    ...(decider === null ? [] : ([['decided by', decider]] as [string, string][])),
    ...rationale.map((why): [string, string] => ['decided because', why]),
  ]);
}

const confirm: Command = {
  usage: `ID ${CONFIRMATION_IDS.join('|')} [--no] [--note "…"]`,
  summary: 'answer one of the six questions before an approval',
  options: { no: { type: 'boolean' }, note: { type: 'string' } },
  words: [2, 2],
  async run(call) {
    const [id = '', named = ''] = call.words;
    const question = CONFIRMATION_IDS.find((known) => known === named);
    if (question === undefined) throw new UsageError(`"${named}" is none of the six questions`, CONFIRMATION_IDS.join(', '));
    const note = textFlag(call, 'note');
    output(call.global.json, await (await signIn(call, USUAL)).confirmEvolution(id, { question, accepted: call.flags['no'] !== true, ...(note === undefined ? {} : { note }) }), printEvolution);
    return EXIT.done;
  },
};

function decide(verb: EvolutionVerb, usual: string, summary: string): Command {
  return {
    usage: 'ID --reason "…"',
    summary,
    options: { reason: { type: 'string' } },
    words: [1, 1],
    async run(call) {
      const reason = textFlag(call, 'reason');
      if (!reason) throw new UsageError('why? the rationale is the record', '--reason "…"; several by semicolons');
      const rationale = reason.split(';').map((why) => why.trim()).filter((why) => why !== '');
      output(call.global.json, await (await signIn(call, usual)).decideEvolution(call.words[0]!, { verb, rationale }), ({ id, state, seed }) => print([id, state, ...(seed === null ? [] : [seed])].join('\t')));
      return EXIT.done;
    },
  };
}

export const evolution = {
  propose, list, show, confirm,
  approve: decide('approve', USUAL, 'approve it: it becomes a precedent'),
  reject: decide('reject', USUAL, 'reject it; the rationale is kept'),
  withdraw: decide('withdraw', 'architect', 'take one’s own proposal back'),
};
