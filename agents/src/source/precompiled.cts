// What V8 made of the parser when the product was built: compiling nine megabytes is half of what the start of a bot costs.
// Where that is missing, or was made by another Node, the parser is compiled as usual.
import fs = require('node:fs');
import modules = require('node:module');
import path = require('node:path');
import vm = require('node:vm');

const FILE = require.resolve('typescript');
const CODE = path.join(__dirname, 'typescript.v8');

/** Runs the parser in the place where `require` looks for it, with the code that was made of it before, if any. */
function run(cachedData: Buffer | undefined): vm.Script {
  const script = new vm.Script(modules.wrap(fs.readFileSync(FILE, 'utf8')), { filename: FILE, ...(cachedData ? { cachedData } : {}) });
  const module = new modules.Module(FILE);
  const body = script.runInThisContext() as (...parts: unknown[]) => void;
  body.call(module.exports, module.exports, modules.createRequire(FILE), module, FILE, path.dirname(FILE));
  Object.assign(module, { filename: FILE, loaded: true });
  require.cache[FILE] = module;
  return script;
}

/** Writes the code, with the functions that parsing `sample` needed. For the build. */
function precompile(sample: string): void {
  const script = run(undefined);
  const ts = require('typescript') as typeof import('typescript');
  const visit = (node: import('typescript').Node): void => node.getChildren().forEach(visit);
  visit(ts.createSourceFile('sample.ts', sample, ts.ScriptTarget.Latest, true));
  fs.writeFileSync(CODE, script.createCachedData());
}

if (require.main === module) precompile(fs.readFileSync(path.join(path.dirname(FILE), 'lib.es5.d.ts'), 'utf8'));
else if (fs.existsSync(CODE)) run(fs.readFileSync(CODE));
