/** With `--json` the value as it is, otherwise what `show` prints of it. Data goes to stdout, everything else to stderr. */
export function output<T>(json: boolean, value: T, show: (value: T) => void): void {
  if (json) console.log(JSON.stringify(value));
  else show(value);
}
