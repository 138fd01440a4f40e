import ts from '../source/typescript.cjs';
import { startsWithVerb } from './english/verbs.js';

/** Where a comment's lines go: in front of a whole line, with that line's indentation. */
export interface Place {
  offset: number;
  indent: string;
}

/** Comments that speak to a tool about the very next line; nothing may come between. */
const DIRECTIVE = /^\/[/*]\s*(?:eslint-|@ts-(?:ignore|expect-error)|istanbul |c8 |v8 |node:coverage|prettier-ignore|biome-|oxlint-|deno-|#__|@__|webpack|tslint:|jshint |jscs:|stylelint-|noinspection)/;
const BANNER = /^\/[/*]\s*(?:[-=*#~_+/]{3,}|#?(?:end)?region\b)/;
/** Doc comments of the file rather than of what follows. */
const OF_THE_FILE = /@(?:file|fileoverview|overview|module|license|licence|copyright|packageDocumentation|preserve|format|flow|jest-environment|jsx|jsxImportSource|ts-check)\b/;
/** Doc comments that declare something of their own. */
const OF_ITS_OWN = /@(?:typedef|callback|import|namespace|event|name|function\s+\w|method\s+\w)\b/;

const docText = (text: string, range: ts.CommentRange): string | undefined => {
  const comment = text.slice(range.pos, range.end);
  return /^\/\*\*[^/]/.test(comment) ? comment : undefined;
};

const leading = (file: ts.SourceFile, node: ts.Node): ts.CommentRange[] => {
  const ranges = ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? [];
  // The first statement also sees what stands behind a shebang.
  return ranges.filter((range) => range.end <= node.getStart(file));
};

/** Whether a doc comment stands in front of the node. */
export function hasDoc(file: ts.SourceFile, node: ts.Node): boolean {
  return leading(file, node).some((range) => {
    const doc = docText(file.text, range);
    return doc !== undefined && !OF_THE_FILE.test(doc) && !OF_ITS_OWN.test(doc);
  });
}

/** The place for a doc comment of the node; undefined when the node does not begin a line of its own. */
export function placeFor(file: ts.SourceFile, node: ts.Node): Place | undefined {
  const group = attachedComments(file, node);
  const first = group[0];
  const top = first === undefined ? node.getStart(file) : first.pos;
  const lineStart = startOfLine(file.text, top);
  const indent = file.text.slice(lineStart, top).replace(/^\ufeff/, '');
  return /^[\t ]*$/.test(indent) ? { offset: lineStart + (file.text.startsWith('\ufeff', lineStart) ? 1 : 0), indent } : undefined;
}

/** The sentence that a plain comment directly above the node already says, when it is prose. */
export function remarkAbove(file: ts.SourceFile, node: ts.Node): string | undefined {
  const group = attachedComments(file, node);
  const texts = group.map((range) => file.text.slice(range.pos, range.end));
  if (texts.length === 0 || texts.length > 4 || !texts.every((text) => text.startsWith('//') && !DIRECTIVE.test(text))) return undefined;
  const prose = texts.map((text) => text.replace(/^\/\/+\s*/, '').trim()).join(' ').trim();
  const looksLikeProse = /^[A-Z][^;{}=<>]*$/.test(prose) && saysWhatItIs(prose) && prose.split(' ').length >= 4 && !/\b(?:TODO|FIXME|XXX|HACK|eslint|deprecated)\b|@|\*\/|`[^`]*$|https?:/i.test(prose.replace(/`[^`]*`/g, ''));
  return looksLikeProse && prose.length <= 240 && !/[:,(]$/.test(prose) ? prose : undefined;
}

/** A sentence about the thing itself, not about how or why it is written as it is. */
function saysWhatItIs(prose: string): boolean {
  const first = prose.split(/\W/)[0]!.toLowerCase();
  return /^(?:an?|the|default|max|maximum|min|minimum|list|map|set|number|whether|names?|\w+est|all|every|each|how)$/.test(first) || (startsWithVerb([first]) && /^\w+ (?:the|an?|all|any|every|each|this|whether|if|its)\b/.test(prose)) || (first.endsWith('s') && startsWithVerb([first.replace(/(?<=[sxz]|ch|sh)es$|ies$|s$/, (end) => (end === 'ies' ? 'y' : ''))]));
}

/**
 * The comments that belong to the node: on the lines directly above it. A header at the top of the file, a banner and a doc
 * comment stay above the new comment; of such a group only the directives for the next line move below it.
 */
function attachedComments(file: ts.SourceFile, node: ts.Node): ts.CommentRange[] {
  const { text } = file;
  const group: ts.CommentRange[] = [];
  let below = node.getStart(file);
  for (const range of leading(file, node).toReversed()) {
    const gap = text.slice(range.end, below);
    if (docText(text, range) !== undefined || (gap.match(/\n/g)?.length ?? 0) > 1) break;
    group.unshift(range);
    below = range.pos;
  }
  const comment = (range: ts.CommentRange): string => text.slice(range.pos, range.end);
  const isHeader = group.length > 0 && text.slice(0, group[0]!.pos).replace(/^\ufeff?(?:#!.*)?/, '').trim() === '';
  if (!isHeader && !group.some((range) => BANNER.test(comment(range)))) return group;
  const directives = group.findLastIndex((range) => !DIRECTIVE.test(comment(range)) || /^\/[/*]\s*eslint-(?:disable|enable)(?!-)/.test(comment(range)));
  return group.slice(directives + 1);
}

function startOfLine(text: string, at: number): number {
  let start = at;
  while (start > 0 && !/[\n\r\u2028\u2029]/.test(text[start - 1]!)) start--;
  return start;
}
