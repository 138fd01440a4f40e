import type { Capabilities } from '@countersign/contracts';
import { judgePath } from './paths.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';

/** What `log`, `show`, `diff` and `blame` may be asked to print, already in words of ours. */
export interface GitView {
  readonly verb: 'log' | 'show' | 'diff' | 'blame';
  /** Options from the lists below, each complete in one word. */
  readonly options: readonly string[];
  /** Of `show REV:PATH` and `blame`: the one file. */
  readonly file?: string;
  /** Revisions in the order given; `diff` without any compares the draft. */
  readonly revisions: readonly string[];
  /** Judged paths; empty: all the grant may read. */
  readonly paths: readonly string[];
}

export type GitCommand = GitView | { readonly verb: 'status' } | { readonly verb: 'commit'; readonly message: string } | { readonly verb: 'push'; readonly branch: string | undefined };

const MAX_MESSAGE = 10_000;

/** An option's shape: alone, or with a value that matches. */
type OptionList = Readonly<Record<string, RegExp | true>>;
const NUMBER = /^\d{1,6}$/;
const DATE = /^[0-9A-Za-z][0-9A-Za-z :.+-]{0,60}$/;
const WORDS = /^[^\p{C}]{1,200}$/u;
const SHAPE: OptionList = { '--stat': true, '--numstat': true, '--shortstat': true, '--name-only': true, '--name-status': true, '--summary': true, '-p': true, '--patch': true, '--no-patch': true, '-s': true, '-U': NUMBER, '--unified': NUMBER };
const OPTIONS: Readonly<Record<GitView['verb'], OptionList>> = {
  log: { ...SHAPE, '--oneline': true, '--reverse': true, '--graph': true, '--no-merges': true, '--merges': true, '--first-parent': true, '-n': NUMBER, '--max-count': NUMBER, '--skip': NUMBER, '--since': DATE, '--until': DATE, '--author': WORDS, '--grep': WORDS },
  show: { ...SHAPE, '--oneline': true },
  diff: { ...SHAPE, '--cached': true, '--staged': true },
  blame: { '-w': true, '-s': true, '-e': true, '-l': true, '-L': /^\d{1,7},\+?\d{1,7}$/ },
};
/** HEAD or an object's name, with steps back; two of them as a range. Names of refs are not offered: a mirror holds other goals' branches. */
const REVISION = /^(?:HEAD|[0-9a-f]{4,64})(?:[~^]\d{0,4})*$/;
const RANGE = /^([^.]+)\.{2,3}([^.]+)$/;
/** A branch of the mirror below a prefix of ours. */
const BRANCH = /^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/;

/**
 * Reads the words after `git` and judges them: subcommand, options and paths, then the grant.
 *
 * Everything is an allow-list. What comes out is made of words we know; git itself is started with nothing else.
 */
export function judgeGit(capabilities: Capabilities, args: readonly string[]): GitCommand | Refusal {
  const [verb = '', ...rest] = args;
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(verb)) return refuse('git_environment_refused', 'git is given no environment variables');
  if (verb.startsWith('-')) return refuse('git_option_refused', 'options before the subcommand are not offered');
  switch (verb) {
    case 'log':
    case 'show':
    case 'diff':
    case 'blame':
      return judgeView(capabilities, verb, rest);
    case 'status':
      return rest.length === 0 || (rest.length === 1 && /^(?:-s|--short|--porcelain)$/.test(rest[0]!)) ? readable(capabilities) ?? { verb } : refuse('git_option_refused', 'status takes no options but --short');
    case 'commit':
      return judgeCommit(capabilities, rest);
    case 'push':
      return judgePush(capabilities, rest);
    default:
      return refuse('git_subcommand_refused', 'offered are log, show, diff, status, blame, commit and push');
  }
}

const readable = ({ git_caps }: Capabilities): Refusal | undefined => (git_caps.read ? undefined : refuse('git_read_not_allowed', 'the grant may not look at history'));

function judgeView(capabilities: Capabilities, verb: GitView['verb'], words: readonly string[]): GitView | Refusal {
  const read = readOptions(words, OPTIONS[verb]);
  if (isRefusal(read)) return read;
  const { options, before, after } = read;
  if (verb === 'blame') return blame(capabilities, options, before, after);
  const revisions: string[] = [];
  let file: string | undefined;
  for (const word of before) {
    const [revision = '', path] = verb === 'show' && word.includes(':') ? [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)] : [word];
    const known = revisionsOf(revision, verb);
    if (!known) return refuse('git_revision_refused', 'a revision is HEAD or the name of a commit of this run, with ~n or ^n; paths stand after --');
    revisions.push(revision);
    if (path === undefined) continue;
    const judged = judgePath(capabilities, 'read', path);
    if (isRefusal(judged)) return judged;
    file = judged;
  }
  if (revisions.length > (verb === 'log' ? 10 : 2) || (file !== undefined && (before.length > 1 || after.length > 0))) return refuse('git_revision_refused', 'too many revisions');
  const paths = judgeAll(capabilities, after);
  return isRefusal(paths) ? paths : (readable(capabilities) ?? { verb, options, revisions, paths, ...(file === undefined ? {} : { file }) });
}

function blame(capabilities: Capabilities, options: readonly string[], before: readonly string[], after: readonly string[]): GitView | Refusal {
  const words = [...before, ...after];
  const path = words.pop();
  if (path === undefined || words.length > 1) return refuse('git_revision_refused', 'blame takes at most one revision and one path');
  if (words.some((word) => !REVISION.test(word))) return refuse('git_revision_refused', 'a revision is HEAD or the name of a commit of this run');
  const judged = judgePath(capabilities, 'read', path);
  return isRefusal(judged) ? judged : (readable(capabilities) ?? { verb: 'blame', options, revisions: words, file: judged, paths: [] });
}

/** The single revisions behind a word, or undefined. */
export function revisionsOf(word: string, verb: GitView['verb'] = 'log'): string[] | undefined {
  const range = verb === 'show' ? null : RANGE.exec(word);
  const single = range ? [range[1]!, range[2]!] : [word];
  return single.every((revision) => REVISION.test(revision)) ? single : undefined;
}

function judgeAll(capabilities: Capabilities, paths: readonly string[]): string[] | Refusal {
  const judged = paths.map((path) => judgePath(capabilities, 'read', path));
  return judged.find(isRefusal) ?? (judged as string[]);
}

function readOptions(words: readonly string[], known: OptionList): { options: string[]; before: string[]; after: string[] } | Refusal {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const options: string[] = [];
  const before: string[] = [];
  const queue = words.slice(0, end);
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!word.startsWith('-')) before.push(word);
    else {
      const option = wholeOption(word, queue, known);
      if (option === undefined) return refuse('git_option_refused', `the option ${word.slice(0, 40)} is not offered`);
      options.push(option);
    }
  }
  return { options, before, after: words.slice(end + 1) };
}

/** `--name=value`, `-nvalue`, `-n value` and `-5` in the one-word form that git cannot read differently. */
function wholeOption(word: string, queue: string[], known: OptionList): string | undefined {
  if (/^-\d{1,6}$/.test(word) && known['-n']) return `--max-count=${word.slice(1)}`;
  const long = /^(--[a-z-]+)(?:=(.*))?$/su.exec(word);
  const short = long ? undefined : /^(-[A-Za-z])(.*)$/su.exec(word);
  const name = long?.[1] ?? short?.[1];
  const shape = name !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
  if (shape === undefined || name === undefined) return undefined;
  const given = long ? long[2] : short?.[2] || undefined;
  if (shape === true) return given === undefined ? name : undefined;
  const value = given ?? queue.shift();
  if (value === undefined || !shape.test(value)) return undefined;
  return long ? `${name}=${value}` : `${name}${value}`;
}

function judgeCommit(capabilities: Capabilities, words: readonly string[]): GitCommand | Refusal {
  const messages: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '-a' || word === '--all') continue;
    const attached = /^(?:--message=|-m(?=.))(.*)$/su.exec(word)?.[1];
    const message = attached ?? (word === '-m' || word === '--message' || word === '-am' ? queue.shift() : undefined);
    if (message === undefined) return refuse('git_option_refused', 'commit takes -a and -m; the author is the fleet, and hooks are not run');
    messages.push(message);
  }
  const message = messages.join('\n\n').trim();
  if (message === '' || message.length > MAX_MESSAGE || message.includes('\0')) return refuse('git_option_refused', 'a commit needs a message: -m');
  return capabilities.git_caps.commit ? { verb: 'commit', message: `${message}\n` } : refuse('git_commit_not_allowed', 'the grant may not commit');
}

function judgePush(capabilities: Capabilities, words: readonly string[]): GitCommand | Refusal {
  const option = words.find((word) => word.startsWith('-'));
  if (option !== undefined) return refuse('git_option_refused', 'push takes no options');
  const [remote = 'origin', refspec = 'HEAD', ...more] = words;
  if (remote !== 'origin') return refuse('git_remote_refused', 'the one remote is origin; addresses and paths are no remotes here');
  const branch = /^HEAD(?::(?:refs\/heads\/)?(.+))?$/su.exec(refspec);
  if (!branch || more.length > 0 || (branch[1] !== undefined && !BRANCH.test(branch[1]))) return refuse('git_refspec_refused', 'one refspec, HEAD or HEAD:branch with a plain name');
  return capabilities.git_caps.push ? { verb: 'push', branch: branch[1] } : refuse('git_push_not_allowed', 'the grant may not push');
}
