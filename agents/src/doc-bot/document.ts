import ts from '../source/typescript.cjs';
import { basename } from 'node:path';
import { isTypeScript, lineOf, parse, tokensOf } from '../source/parse.js';
import { exportedOf, type Exported } from '../source/exports.js';
import { commentLines, type Doc } from './comment.js';
import { declarationDoc } from './declaration-doc.js';
import { functionDoc, type Style } from './function-doc.js';
import { indexOf } from './module-index.js';
import { hasDoc, placeFor, remarkAbove, type Place } from './placement.js';

/** One declaration that has no doc comment, and what to write about it. */
export interface Draft {
  item: Exported;
  /** As people call it: `parse`, `Cache.get`. */
  label: string;
  line: number;
  place: Place;
  doc: Doc;
}

/** What became of a file. `refused` says why its text stayed as it was. */
export type Documented = { text: string; drafts: Draft[]; left: string[] } | { refused: string };

export interface DocumentOptions {
  /** The project type-checks its JavaScript: comments must not say types. */
  typeNeutral?: boolean;
  /** Writes better than the names can; what it returns replaces the drafts' docs. */
  improve?: (drafts: readonly Draft[], source: string) => Promise<readonly Doc[]>;
}

/**
 * The file with doc comments in front of every undocumented exported declaration.
 *
 * Only comment lines are inserted: the tokens of the result are those of the source, or the file is refused. Doing it twice adds nothing.
 */
export async function documented(path: string, source: string, options: DocumentOptions = {}): Promise<Documented> {
  const { file, errors } = parse(path, source);
  if (errors.length > 0) return { refused: `does not parse: ${errors[0]!}` };
  const { drafts, left } = draftsFor(path, file, options);
  if (drafts.length === 0) return { text: source, drafts, left };
  const docs = options.improve ? await options.improve(drafts, source) : drafts.map((draft) => draft.doc);
  const final = drafts.map((draft, at) => ({ ...draft, doc: docs[at] ?? draft.doc }));
  const text = inserted(source, final, isTypeScript(path) ? 'tsdoc' : 'jsdoc');
  const broken = whatChanged(path, file, text);
  return broken === undefined ? { text, drafts: final, left } : { refused: broken };
}

/** The exported declarations without a doc comment, by label; what a reviewer counts. */
export function undocumented(path: string, source: string): { label: string; line: number }[] {
  const { file, errors } = parse(path, source);
  if (errors.length > 0) return [];
  return exportedOf(file)
    .filter((item) => !isDocumented(file, item))
    .map((item) => ({ label: labelOf(item, path), line: lineOf(file, item.anchor.getStart(file)) }));
}

const isDocumented = (file: ts.SourceFile, item: Exported): boolean => [item.anchor, item.node, ...item.otherAnchors].some((anchor) => hasDoc(file, anchor));

function draftsFor(path: string, file: ts.SourceFile, options: DocumentOptions): { drafts: Draft[]; left: string[] } {
  const items = exportedOf(file);
  const index = indexOf(items);
  const style: Style = { isTs: isTypeScript(path), typeNeutral: options.typeNeutral === true || /^\s*\/\/\s*@ts-check/m.test(file.text) };
  const drafts: Draft[] = [];
  const left: string[] = [];
  for (const item of items) {
    if (isDocumented(file, item)) continue;
    const label = labelOf(item, path);
    const place = placeFor(file, item.anchor);
    const doc = place && (functionDoc(item, style, fileNoun(path)) ?? declarationDoc(item, index));
    if (!place || !doc || drafts.some((draft) => draft.place.offset === place.offset)) {
      left.push(label);
      continue;
    }
    const remark = remarkAbove(file, item.anchor);
    drafts.push({ item, label, line: lineOf(file, item.anchor.getStart(file)), place, doc: remark === undefined ? doc : { ...doc, summary: remark } });
  }
  return { drafts, left };
}

const labelOf = (item: Exported, path: string): string => `${item.owner === undefined ? '' : `${item.owner}.`}${item.kind === 'constructor' ? 'constructor' : item.name === '' ? fileNoun(path) || 'default' : item.name}`;

/** What an anonymous default export is called: its file, or its folder when the file is an index; a source root is no name. */
function fileNoun(path: string): string {
  const name = basename(path).replace(/\.[a-z]+$/, '');
  if (name !== 'index') return name.replace(/\..*$/, '');
  const folder = path.split('/').at(-2) ?? '';
  return /^(?:src|lib|source|dist|app)?$/.test(folder) ? '' : folder;
}

function inserted(source: string, drafts: readonly Draft[], dialect: 'tsdoc' | 'jsdoc'): string {
  const eol = /\r\n/.test(source) ? '\r\n' : '\n';
  let text = source;
  for (const { place, doc } of drafts.toSorted((a, b) => b.place.offset - a.place.offset)) {
    const width = place.indent.replace(/\t/g, '    ').length;
    const lines = commentLines(doc, dialect, width).map((line) => place.indent + line + eol);
    text = text.slice(0, place.offset) + lines.join('') + text.slice(place.offset);
  }
  return text;
}

/** The self-check: says what is wrong when the new text is another program than the old one. */
function whatChanged(path: string, before: ts.SourceFile, text: string): string | undefined {
  const after = parse(path, text);
  if (after.errors.length > 0) return `the documented text would not parse: ${after.errors[0]!}`;
  const [old, now] = [tokensOf(before), tokensOf(after.file)];
  return old.length === now.length && old.every((token, at) => token === now[at]) ? undefined : 'the documented text would be another program';
}
