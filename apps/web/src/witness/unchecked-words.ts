/** What a person does, or waits for, where the record could not be checked. */
const WORDS: Readonly<Record<string, string>> = {
  browser_too_old: 'This browser is too old to check the record: it does not know the signatures on it. Nothing that the server shows of the record is checked on this device; a newer browser does.',
  store_unreadable: 'This browser does not let us read what it remembers of the record. Approving is off here; in an ordinary window of an ordinary browser it is not.',
  not_loaded: 'What checks the record could not be loaded. Reload the page.',
  check_failed: 'The record could not be checked on this device: something failed here. It is tried again.',
  malformed_answer: 'The server’s answer about the record cannot be read, so the record is not checked. It is tried again; a server that goes on like that raises an alarm.',
};

export const uncheckedWords = (why: string): string => WORDS[why] ?? `This device could not check the record against what it remembers: ${why.replaceAll('_', ' ')}. It is tried again.`;
