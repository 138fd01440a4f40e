/** A worker in a few lines. The task's options say what it does: `write` (text), `askThenWrite` (after a model call), `environment` (writes its own), `call` (tools, and prints what they answer), `spawn` (another agent), `hang`, `flood`; `halves`: what it says in the end has half a character in it. */
export const WORKER = `
import { readFileSync } from 'node:fs';
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map(); let next = 1000; let rest = '';
const ask = (method, params) => new Promise((resolve) => { const id = next++; waiting.set(id, resolve); say({ id, method, params }); });
const put = (taskId, path, text) => ask('artifact/put', { taskId, path, text });
const does = {
  async write({ taskId, inputDir, options }) {
    const before = readFileSync(inputDir + '/src/a.js', 'utf8');
    await put(taskId, 'src/a.js', options.text + before);
    await put(taskId, 'tool.sh', '#!/bin/sh\\n# does nothing\\n');
  },
  async askThenWrite(task) {
    await ask('model/complete', { messages: [{ role: 'user', content: 'May I?' }] });
    await does.write(task);
  },
  environment: ({ taskId }) => put(taskId, 'environment.json', JSON.stringify(process.env)),
  async call(task) {
    for (const [tool, args] of task.options.calls) {
      const { result, error } = await ask('tool/call', { tool, args });
      const answer = tool + ' ' + JSON.stringify(result ?? error);
      process.stderr.write(answer + '\\n');
      say({ method: 'task/progress', params: { taskId: task.taskId, text: answer.slice(0, 200) } });
    }
  },
  /** Asks for another agent by its method, then for its budget, and says what it heard. */
  async spawn(task) {
    for (const [method, params] of [['spawn/request', task.options.wish], ['budget/status', {}]]) {
      const { result, error } = await ask(method, params);
      process.stderr.write(method + ' ' + JSON.stringify(result ?? error) + '\\n');
    }
  },
  hang: () => new Promise(() => setInterval(() => {}, 1000)),
  flood: () => new Promise(() => { const c = 'x'.repeat(1 << 20); let n = 0; (function more() { if (n++ < 100) process.stdout.write(c, more); })(); setInterval(() => {}, 1e6); }),
};
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n'); rest = lines.pop();
  for (const line of lines) {
    const m = JSON.parse(line);
    if (m.method === 'initialize') say({ id: m.id, result: { protocolVersion: '1', agent: { name: 'w', version: '1' } } });
    else if (m.method === 'task/run') does[m.params.options.do](m.params).then(() => say({ id: m.id, result: { status: 'done', summary: 'did it', artifacts: [], ...(m.params.options.halves && { summary: 'did half \\ud83d', notes: ['half \\ud83d of it'] }) } }));
    else if (m.method === 'shutdown') { say({ id: m.id, result: {} }); process.exit(0); }
    else waiting.get(m.id)?.(m);
  }
});
`;
