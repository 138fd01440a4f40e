import { firstOf } from '@countersign/contracts';

/** The argument that says what a call is about, by tool; the others are content. */
const SUBJECT: Readonly<Record<string, string>> = { read: 'path', list: 'path', glob: 'pattern', grep: 'path', write: 'path', edit: 'path', bash: 'command', git: 'args', webfetch: 'url', websearch: 'query', auth: 'alias', 'checks.run': 'command', SendMessage: 'recipient', TaskUpdate: 'taskId', Task: 'subagent_type' };
const LONGEST = 200;

/** A worker's text on one line, as it may stand in a record. */
export const printable = (text: string, longest: number): string => firstOf(text.replaceAll(/\p{C}/gu, '?').trim(), longest);

/** One short line on what was asked for: for people who look at refusals. User names and passwords of URLs are left out. */
export function describeCall(tool: string, args: Readonly<Record<string, unknown>>): string {
  const subject = args[SUBJECT[tool] ?? ''];
  const text = typeof subject === 'string' ? subject : Array.isArray(subject) ? subject.join(' ') : '';
  return printable(`${tool} ${text.replace(/\/\/[^/?#]*@/, '//')}`, LONGEST);
}
