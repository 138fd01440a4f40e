import ts from './typescript.cjs';

/** One parsed source file. `errors` are syntax errors only; types are not looked at and nothing else is read. */
export interface Parsed {
  file: ts.SourceFile;
  errors: string[];
}

const EXTENSIONS: Readonly<Record<string, ts.ScriptKind>> = {
  ts: ts.ScriptKind.TS, mts: ts.ScriptKind.TS, cts: ts.ScriptKind.TS, tsx: ts.ScriptKind.TSX,
  js: ts.ScriptKind.JSX, mjs: ts.ScriptKind.JSX, cjs: ts.ScriptKind.JSX, jsx: ts.ScriptKind.JSX,
};

/** TypeScript or JavaScript by the file's extension; undefined for anything else, and for declaration files. */
export function scriptKindOf(path: string): ts.ScriptKind | undefined {
  if (/\.d\.(?:ts|mts|cts)$/.test(path)) return undefined;
  const extension = /\.([a-z]+)$/.exec(path)?.[1];
  return extension !== undefined && Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

export const isTypeScript = (path: string): boolean => /\.(?:[mc]?ts|tsx)$/.test(path);

/** Whether `this` stands anywhere in it. */
export const usesThis = (node: ts.Node): boolean => node.kind === ts.SyntaxKind.ThisKeyword || (ts.forEachChild(node, (child) => usesThis(child) || undefined) ?? false);

/** Parses one file by itself. Type syntax in a JavaScript file (Flow) counts as an error. */
export function parse(path: string, text: string): Parsed {
  const kind = scriptKindOf(path) ?? ts.ScriptKind.TS;
  const name = `/file${/\.[a-z]+$/.exec(path)?.[0] ?? '.ts'}`;
  const options: ts.CompilerOptions = { allowJs: true, noLib: true, noResolve: true, target: ts.ScriptTarget.Latest, jsx: ts.JsxEmit.Preserve, module: ts.ModuleKind.ESNext };
  const file = ts.createSourceFile(name, text, { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseAll }, true, kind);
  const program = ts.createProgram({ rootNames: [name], options, host: hostOf(name, file) });
  const errors = program.getSyntacticDiagnostics(file).map((d) => `line ${lineOf(file, d.start)}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`);
  return { file, errors };
}

function hostOf(name: string, file: ts.SourceFile): ts.CompilerHost {
  return {
    getSourceFile: (asked) => (asked === name ? file : undefined),
    getDefaultLibFileName: () => '/lib.d.ts',
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (asked) => asked,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (asked) => asked === name,
    readFile: () => undefined,
  };
}

export const lineOf = (file: ts.SourceFile, at = 0): number => file.getLineAndCharacterOfPosition(at).line + 1;

/** Every token of the file without comments and white space, as kind and text: two files with equal lists are the same program. */
export function tokensOf(file: ts.SourceFile): string[] {
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    if (children.length > 0) children.forEach(visit);
    else if (node.kind !== ts.SyntaxKind.SyntaxList) tokens.push(`${node.kind} ${file.text.slice(node.getStart(file, false), node.end)}`);
  };
  visit(file);
  return tokens;
}

export type Callable = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration | ts.ConstructorDeclaration | ts.GetAccessorDeclaration;
export const isFunctionValue = (node: ts.Node | undefined): node is ts.FunctionExpression | ts.ArrowFunction => node !== undefined && (ts.isFunctionExpression(node) || ts.isArrowFunction(node));

/** The expression without parentheses and type assertions around it. */
export function unwrapped(node: ts.Expression): ts.Expression {
  let at = node;
  while (ts.isParenthesizedExpression(at) || ts.isAsExpression(at) || ts.isSatisfiesExpression(at) || ts.isNonNullExpression(at)) at = at.expression;
  return at;
}
