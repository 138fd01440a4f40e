/** An error as Node and test runners print it: its name, perhaps its code, what it says. */
const ERROR = /^\s*\w*Error\b(?: \[\w+\])?: /;

/** The last error of an output with the lines that follow it; of one that names none, the last lines. */
export function whatFailed(output: string): string {
  const lines = output.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const at = lines.findLastIndex((line) => ERROR.test(line));
  return (at < 0 ? lines.slice(-3) : lines.slice(at, at + 3)).join(' | ').slice(0, 400) || 'no output';
}
