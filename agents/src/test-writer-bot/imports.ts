/** How a test file gets at the functions of one source. Pure. */
import { basename } from 'node:path';
import type { Subject } from './subjects.js';

export interface Imported {
  lines: string[];
  /** Subject to the expression that names it in the test. */
  references: Map<Subject, { reference: string; title: string }>;
}

const TAKEN = new Set(['test', 'it', 'describe', 'assert', 'inspect', 'expect', 'result', 'require', 'module', 'exports', 'vi', 'jest', 'Error', 'JSON']);
const RESERVED = new Set('await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(' '));
const isName = (text: string): boolean => /^[A-Za-z_$][\w$]*$/.test(text) && !RESERVED.has(text);

/** A name for a whole module: `http-errors.js` is `httpErrors`. */
function moduleName(path: string): string {
  const stem = basename(path).replace(/\.[a-z]+$/, '');
  const words = (stem === 'index' ? (path.split('/').at(-2) ?? 'subject') : stem).split(/[^A-Za-z\d]+/).filter((word) => word !== '');
  const name = words.map((word, at) => (at === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
  return isName(name) && !TAKEN.has(name) ? name : `${/^[A-Za-z]/.test(name) ? name : 'the'}Module`;
}

export function importsFor(subjects: readonly Subject[], source: string, specifier: string, modules: 'esm' | 'cjs', isCommonJs: boolean): Imported {
  const named = subjects.map((subject) => ({ subject, as: exportedName(subject) }));
  const odd = named.some(({ as }) => as !== undefined && !isName(as));
  // CommonJS seen from a module has one sure export: its default. Names that are reserved words need the whole, too.
  const byMember = odd || (isCommonJs && modules === 'esm');
  const list = byMember ? [] : named.flatMap(({ as }) => (as === undefined ? [] : [as]));
  const whole = wholeName(named, source, list);
  const references: Imported['references'] = new Map();
  for (const { subject, as } of named) {
    const title = as ?? (subject.name === '' ? whole : subject.name);
    if (as === undefined) references.set(subject, { reference: modules === 'cjs' && !isCommonJs ? `${whole}.default` : whole, title });
    else references.set(subject, { reference: byMember ? `${whole}.${as}` : localName(as), title });
  }
  const lines = [
    ...(list.length > 0 ? [namedLine(list, specifier, modules)] : []),
    ...(byMember || named.some(({ as }) => as === undefined) ? [wholeLine(whole, specifier, modules, odd && !isCommonJs)] : []),
  ];
  return { lines, references };
}

/** The name of a lone default export, else one made from the file's name. */
function wholeName(named: readonly { subject: Subject; as: string | undefined }[], source: string, taken: readonly string[]): string {
  const lone = named.filter(({ as }) => as === undefined);
  const own = lone.length === 1 ? lone[0]!.subject.name : '';
  const name = isName(own) && !TAKEN.has(own) ? own : moduleName(source);
  return taken.includes(name) ? `${name}Module` : name;
}

const localName = (name: string): string => (TAKEN.has(name) ? `${name}UnderTest` : name);

function namedLine(names: readonly string[], specifier: string, modules: 'esm' | 'cjs'): string {
  const list = names.map((name) => (localName(name) === name ? name : `${name}${modules === 'esm' ? ' as ' : ': '}${localName(name)}`)).join(', ');
  return modules === 'esm' ? `import { ${list} } from '${specifier}';` : `const { ${list} } = require('${specifier}');`;
}

function wholeLine(name: string, specifier: string, modules: 'esm' | 'cjs', asNamespace: boolean): string {
  if (modules === 'cjs') return `const ${name} = require('${specifier}');`;
  return `import ${asNamespace ? `* as ${name}` : name} from '${specifier}';`;
}

/** The name to import; undefined for a default export or a whole module. */
const exportedName = (subject: Subject): string | undefined => subject.exportedAs.find((name) => name !== 'default' && name !== 'module.exports');
