/** A doc comment as data, and as lines of TSDoc or JSDoc. */
import { sentence } from './english/words.js';

export interface ParamDoc {
  /** May be a path (`options.retries`), JSDoc only. */
  name: string;
  text: string;
  /** JSDoc only. */
  type?: string;
  optional?: boolean;
  defaultText?: string;
}
export interface Doc {
  summary: string;
  params: ParamDoc[];
  returns?: { text: string; type?: string };
  throws: { type?: string; text: string }[];
}

export type Dialect = 'tsdoc' | 'jsdoc';

const WIDTH = 100;

/** The comment's lines without indentation. The text never contains what would end a comment. */
export function commentLines(doc: Doc, dialect: Dialect, indentWidth = 0): string[] {
  const width = Math.max(40, WIDTH - indentWidth - ' * '.length);
  const summary = wrap(sentence(doc.summary), width);
  const tags = tagsOf(doc, dialect).flatMap((tag) => wrap(tag, width, '  '));
  const lines = [...summary, ...(tags.length > 0 ? ['', ...tags] : [])].map(harmless);
  return lines.length === 1 ? [`/** ${lines[0]!} */`] : ['/**', ...lines.map((line) => (line === '' ? ' *' : ` * ${line}`)), ' */'];
}

function tagsOf(doc: Doc, dialect: Dialect): string[] {
  const type = (text: string | undefined): string => (dialect === 'jsdoc' && text !== undefined ? `{${text}} ` : '');
  const params = doc.params.map((param) => {
    const name = dialect === 'jsdoc' && param.optional ? `[${param.name}${param.defaultText === undefined ? '' : `=${param.defaultText}`}]` : param.name;
    return `@param ${type(param.type)}${name} - ${sentence(param.text)}`;
  });
  const returns = doc.returns ? [`@returns ${type(doc.returns.type)}${sentence(doc.returns.text)}`] : [];
  const throws = doc.throws.map(({ type: thrown, text }) => {
    const name = thrown === undefined ? '' : dialect === 'jsdoc' ? `{${thrown}}` : `\`${thrown}\``;
    if (text === '') return `@throws ${name}`;
    return `@throws ${name === '' ? '' : `${name} `}${sentence(dialect === 'jsdoc' || name === '' ? text : text.replace(/^(?:If|With)\b/, (word) => word.toLowerCase()))}`;
  });
  return [...params, ...returns, ...throws];
}

/** Breaks at spaces, never inside inline code; continuation lines are indented. */
function wrap(text: string, width: number, indent = ''): string[] {
  const words = text.match(/(?:`[^`]*`|\{@link [^}]*\}|[^\s`{]|\{(?!@link ))+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const start = lines.length === 0 ? '' : indent;
    if (line !== '' && start.length + line.length + 1 + word.length > width) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? '' : indent) + line];
}

/** Nothing in a comment's text may end the comment, or start a tag at the beginning of a line by accident. */
const harmless = (line: string): string => line.replace(/\*\//g, '*\u200b/').replace(/[\r\n\u2028\u2029]/g, ' ');
