/** What a person does, or waits for, where the record could not be checked. */
const WORDS: Readonly<Record<string, string>> = {
  browser_too_old: 'This browser is too old to check the record: it does not know the signatures on it. Nothing that the server shows of the record is checked on this device; a newer browser does.',
  store_unreadable: 'This browser does not let us read what it remembers of the record. Approving is off here; in an ordinary window of an ordinary browser it is not.',
  not_loaded: 'What checks the record could not be loaded. Reload the page.',
  check_failed: 'The record could not be checked on this device: something failed here. It is tried again.',
  no_answer: 'The server shows your pages, and gives no answer when this device asks it to prove the record, so the record is not checked. It is tried again; a server that goes on like that raises an alarm.',
  not_let_in: 'The server shows you your pages, and says that nobody is signed in when this device asks it to prove the record, so the record is not checked. It is tried again; a server that goes on like that raises an alarm.',
  head_withheld: 'The server’s pages show a signed record, and when this device asks for it there is none, so there is nothing that the record could be checked against. It is tried again. Ask your operator if this stays.',
  malformed_answer: 'The server’s answer about the record cannot be read, so the record is not checked. It is tried again; a server that goes on like that raises an alarm.',
};

export const uncheckedWords = (why: string): string => WORDS[why] ?? `This device could not check the record against what it remembers: ${why.replaceAll('_', ' ')}. It is tried again.`;
