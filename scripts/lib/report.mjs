// Progress of the set-up, on stderr: one line per step with its seconds; stdout stays free for data.

const plain = !process.stderr.isTTY || process.env.TERM === 'dumb';
const colour = !plain && !process.env.NO_COLOR;
const REMIND_MS = 15_000;

/** `text` in an ANSI colour (SGR code), where the terminal shows colours and NO_COLOR does not forbid it. */
export const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Something the person can do about: printed without a stack trace, exit code 1. */
export class SetupError extends Error {
  constructor(message, { hint, log } = {}) {
    super(message);
    this.hint = hint;
    this.log = log;
  }
}

/** What is said passes through here: what runs before anything is built says only its own words, the command line says strangers' too. */
let shown = (text) => text;
export const showThrough = (through) => {
  shown = through;
};

export function say(text) {
  process.stderr.write(`${shown(text)}\n`);
}

const running = new Set();

/** Runs one step and prints `✓ title  detail  1.2s`. The detail is what `work` returns: text, or an object's `detail`. */
export async function step(title, work) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)}s`;
  const show = () => process.stderr.write(`\r  ${paint(36, '◦')} ${shown([...running].join(', '))} … ${seconds()} `);
  const remind = () => say(`  … ${title}: still at it, ${seconds()}`);
  const timer = setInterval(plain ? remind : show, plain ? REMIND_MS : 100);
  timer.unref();
  running.add(title);
  const end = (mark, detail) => {
    clearInterval(timer);
    running.delete(title);
    line(mark, title, detail, seconds());
  };
  try {
    const result = await work();
    end(paint(32, '✓'), typeof result === 'string' ? result : (result?.detail ?? ''));
    return result;
  } catch (error) {
    end(paint(31, '✗'), '');
    throw error;
  }
}

function line(mark, title, detail, seconds) {
  const clear = plain ? '' : '\r\u001b[2K';
  process.stderr.write(`${clear}  ${mark} ${shown(title).padEnd(16)} ${shown(detail).padEnd(44)} ${seconds.padStart(6)}\n`);
}

export function explain(error) {
  if (!(error instanceof SetupError)) {
    say(error?.stack ?? String(error));
    return;
  }
  if (error.log) say(`\n${error.log.trimEnd()}`);
  say(`\n${paint(31, 'error:')} ${error.message}`);
  if (error.hint) say(`${paint(36, 'hint:')}  ${error.hint}`);
}
