import { chmodSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CLONE = resolve(import.meta.dirname, '../../..');
/** Where the worker finds what it is to say: in the repository that it works on, as it would find a stranger's words. */
export const SAYINGS = 'sayings.json';

/**
 * A worker that says each text with every word that the protocol has: progress, log, a message to its team, a wish for another agent by
 * method and by tool, a question, a tool's arguments; and hands in a draft with all of them in it, in its summary and in its notes.
 */
const WORKER = `
import { readFileSync } from 'node:fs';
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map(); let next = 1000; let rest = '';
const ask = (method, params) => new Promise((resolve) => { const id = next++; waiting.set(id, resolve); say({ id, method, params }); });
/** No character is cut in half. */
const cut = (text, length) => [...text.slice(0, length)].filter((letter) => letter.isWellFormed()).join('');
const oneLine = (text) => text.replaceAll(/[\\p{Cc}\\u2028\\u2029]+/gu, ' ');
async function work({ taskId, inputDir }) {
  const sayings = JSON.parse(readFileSync(inputDir + '/${SAYINGS}', 'utf8'));
  for (const text of sayings) {
    say({ method: 'task/progress', params: { taskId, text: cut(text, 200) } });
    say({ method: 'log', params: { level: 'info', message: cut(text, 2000) } });
    process.stderr.write(cut(oneLine(text), 2000) + '\\n');
    for (const [method, params] of [
      ['tool/call', { tool: 'SendMessage', args: { type: 'broadcast', content: text, summary: cut(text, 100) } }],
      ['tool/call', { tool: 'TaskCreate', args: { subject: cut(text, 100), description: text } }],
      ['tool/call', { tool: 'git', args: { args: ['push', cut(text, 200)] } }],
      ['tool/call', { tool: 'spawn_agent', args: { role: 'worker', justification: cut(text, 1000) } }],
      ['spawn/request', { role: 'worker', justification: cut(text, 1000) }],
      ['ask', { taskId, question: cut(text, 1000), choices: ['yes', 'approve'] }],
    ]) await ask(method, params);
  }
  const path = 'src/slug.js';
  const before = readFileSync(inputDir + '/' + path, 'utf8');
  await ask('artifact/put', { taskId, path, text: sayings.map((text) => '// ' + oneLine(text) + '\\n').join('') + before });
  return { status: 'done', summary: cut(sayings.join(' '), 1900), notes: sayings.slice(0, 20).map((text) => cut(text, 500)), artifacts: [] };
}
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n'); rest = lines.pop();
  for (const line of lines) {
    const m = JSON.parse(line);
    if (m.method === 'initialize') say({ id: m.id, result: { protocolVersion: '1', agent: { name: 'doc-bot', version: '1' } } });
    else if (m.method === 'task/run') work(m.params).then((result) => say({ id: m.id, result }));
    else if (m.method === 'shutdown') { say({ id: m.id, result: {} }); process.exit(0); }
    else waiting.get(m.id)?.(m);
  }
});
`;

/** What the shipped agents' code needs besides itself. */
const MODULES = { '@countersign/contracts': ['libs/contracts', 'dist/worker'], typescript: ['node_modules/typescript', 'lib/typescript.js'] } as const;

/** A copy of the shipped agents with their modules, in which the one that documents is this worker. */
export function agentsWithScript(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agents-'));
  chmodSync(folder, 0o755); // the sandbox's user passes through
  cpSync(join(CLONE, 'agents'), folder, { recursive: true, filter: (from) => !/\/(src|node_modules)$/.test(from) });
  for (const [name, [from, part]] of Object.entries(MODULES)) for (const file of ['package.json', part]) cpSync(join(CLONE, from, file), join(folder, 'node_modules', name, file), { recursive: true });
  const spec = join(folder, 'doc-bot.yaml');
  writeFileSync(spec, readFileSync(spec, 'utf8').replace('args: [dist/runner.js, dist/doc-bot/index.js]', 'args: [worker.mjs]'));
  writeFileSync(join(folder, 'worker.mjs'), WORKER);
  return folder;
}
