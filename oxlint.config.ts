import { defineConfig } from 'oxlint';

const APPS = ['gateway', 'manager-agent', 'helpdesk-agent', 'spawn-gate', 'fleet', 'executor', 'notary', 'web', 'cli'];
const LIBS = ['contracts', 'database', 'audit', 'bus', 'service', 'models', 'git', 'view', 'testing'];

/** contracts ← database ← audit, bus; contracts ← models; everything ← apps. What a package may import of its neighbours. */
const MAY_IMPORT = {
  contracts: [],
  database: ['contracts'],
  audit: ['contracts', 'database'],
  bus: ['contracts', 'database'],
  service: ['contracts', 'database', 'audit', 'bus'],
  models: ['contracts'],
  git: ['contracts'],
  view: ['contracts'],
  testing: ['contracts', 'database', 'audit', 'bus'],
};

const own = (names) => `^@countersign/(${names.join('|')})(/|$)`;
const otherLibs = (lib) => LIBS.filter((name) => name !== lib && !MAY_IMPORT[lib].includes(name));

const NO_WAY_ROUND = [
  {
    name: 'typeorm',
    importNames: ['DataSource', 'getRepository', 'getConnection', 'getManager', 'createConnection'],
    message: 'Only the unit of work (withTeam, withCustomer, withPlatform) reaches the database: design §4.',
  },
  { name: '@nestjs/typeorm', message: 'Only the unit of work reaches the database: design §4.' },
];
const NO_DRIVER = { name: 'pg', message: 'Only libs/database opens connections; tests may.' };

const EMPTY_CATCH = { selector: 'CatchClause > BlockStatement[body.length=0]', message: 'An error is handled or passed on, never swallowed.' };
const LEFT_OUT = {
  selector: 'CallExpression[callee.object.name=/^(it|test|describe)$/][callee.property.name=/^(skip|only|todo)$/]',
  message: 'No test is skipped: the whole suite tells the truth or fails.',
};
const TYPEORM_CACHE = [
  { selector: "Property[key.name='lazy'][value.value=true]", message: 'Lazy relations read outside the unit of work.' },
  { selector: "Property[key.name='cache'][value.value!=false]", message: "TypeORM's query cache would cross teams." },
  { selector: "CallExpression[callee.property.name='cache']", message: "TypeORM's query cache would cross teams." },
];
const IMPURE = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'Time comes in as a fact.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes in as a fact.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Chance comes in as a fact.' },
];
/** A selector, as the linter's own import patterns know no look-ahead; \\u002F is the slash that would end its expression. */
const STRANGER = {
  selector: ':matches(ImportDeclaration, ExportAllDeclaration, ExportNamedDeclaration)[source.value=/^(?!@countersign\\u002Fcontracts(\\u002F|$)|\\.\\u002F|node:crypto$)/]',
  message: 'domain/ imports only @countersign/contracts and its neighbours.',
};
const everywhere = [EMPTY_CATCH, LEFT_OUT];
const syntax = (...selectors) => ({ 'house/no-restricted-syntax': ['error', ...selectors] });
const imports = (patterns, paths = []) => ({ 'no-restricted-imports': ['error', { patterns, paths }] });

const oneWay = [
  ...LIBS.map((lib) => ({
    files: [`libs/${lib}/**/*.ts`],
    rules: imports(
      [
        { regex: own([...APPS, ...otherLibs(lib)]), message: `libs/${lib} may import only: ${MAY_IMPORT[lib].join(', ') || 'nothing of ours'}.` },
        { regex: '(^|/)(apps|agents)/', message: 'A library never imports an app.' },
      ],
      lib === 'database' || lib === 'testing' ? [] : NO_WAY_ROUND,
    ),
  })),
  ...APPS.map((app) => ({
    files: [`apps/${app}/**/*.{ts,tsx}`],
    rules: imports(
      [
        { regex: own(APPS), message: 'An app never imports another app: they meet through messages.' },
        { regex: `^(\\.\\./)+(apps/)?(${APPS.join('|')})/`, message: 'An app never imports another app: they meet through messages.' },
      ],
      [...NO_WAY_ROUND, NO_DRIVER],
    ),
  })),
];

/** Of the linter's own choice: what is written here on purpose, and safe. */
const TOO_STRICT = {
  'typescript/no-misused-spread': 'off',
  'typescript/no-base-to-string': 'off',
  'typescript/restrict-template-expressions': 'off',
  'typescript/no-redundant-type-constituents': 'off',
  'typescript/no-meaningless-void-operator': 'off',
  'typescript/unbound-method': 'off',
  'typescript/require-array-sort-compare': 'off',
} as const;

const PURE_CRYPTO = { name: 'node:crypto', allowImportNames: ['createHash', 'createHmac', 'timingSafeEqual'], message: 'Of node:crypto only what is a pure function.' };

/** Decisions are pure functions: what they need comes in as arguments, what they import is words and neighbours. */
const pureDomain = {
  files: ['apps/*/src/domain/**/*.ts'],
  excludeFiles: ['**/*.{spec,long}.ts'],
  rules: {
    ...imports([], [PURE_CRYPTO]),
    ...syntax(...everywhere, ...IMPURE, STRANGER),
    'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto', 'console'],
  },
};


export default defineConfig({
  ignorePatterns: ['**/dist/**', '**/node_modules/**', '**/.countersign*/**', '.toolchain/**', '**/coverage/**', '**/public/**', 'apps/cli/demo-repo/**', '**/fixtures/**'],
  plugins: ['typescript'],
  jsPlugins: ['./scripts/lib/house-lint.mjs'],
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  categories: { correctness: 'error' },
  env: { builtin: true, node: true },
  rules: { ...syntax(...everywhere), ...TOO_STRICT, 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  overrides: [
    {
      files: ['**/*.{ts,tsx,mts}'],
      rules: {
        ...syntax(...everywhere, ...TYPEORM_CACHE),
        'typescript/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', name: ['it', 'describe', 'test', 'suite'], package: 'node:test' }] }],
        'typescript/await-thenable': 'error',
        'typescript/no-explicit-any': 'error',
        'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true, caughtErrors: 'all' }],
      },
    },
    { files: ['apps/web/**/*.{ts,tsx}'], rules: syntax(...everywhere) },
    ...oneWay,
    pureDomain,
    // A test may look at the database from outside, and domain tests may use the tools of a test.
    { files: ['**/*.spec.ts', '**/*.long.ts', 'libs/testing/**/*.ts', '**/src/testing/**/*.ts', 'test/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
    { files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}', 'agents/src/**/*.ts'], excludeFiles: ['**/*.spec.ts', '**/migrations/**'], rules: { 'max-lines': ['error', 350] } },
  ],
});
