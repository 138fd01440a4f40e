// The reporter that every test file runs with: one JSON line per finished test and per report of one, read by specs.mjs after the file's end.

/** What a failed test threw, and what that was caused by, as text: errors themselves do not survive the way. */
function textOf(error) {
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

export default async function* specEvents(source) {
  for await (const { type, data } of source) {
    // What went wrong outside any test, such as an error thrown after its end.
    if (type === 'test:diagnostic' && data.message.startsWith('Error')) yield `${JSON.stringify({ note: data.message })}\n`;
    // What a test reports of itself; the runner's own sums stand outside all of them.
    if (type === 'test:diagnostic' && data.nesting > 0) yield `${JSON.stringify({ report: data.message, file: data.file })}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, classname, file, nesting, skip, todo, details } = data;
    const error = details.error;
    const failure = error && { parts: error.failureType === 'subtestsFailed', text: textOf(error) };
    yield `${JSON.stringify({ passed: type === 'test:pass', suite: details.type === 'suite', file, ms: nesting === 0 ? details.duration_ms : 0, title: [classname, name].filter(Boolean).join(' › '), skipped: skip !== undefined || todo !== undefined, failure })}\n`;
  }
}
