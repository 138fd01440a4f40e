import type { StackRecord } from './record.js';

/** What other programs may rely on (docs/interface.md §2). */
export const summaryOf = (record: StackRecord) => ({
  url: record.url,
  databaseUrl: record.databaseUrl,
  natsUrl: record.natsUrl,
  home: record.home,
  pids: Object.fromEntries([['supervisor', record.supervisor.pid], ...record.parts.map(({ name, pid }) => [name, pid])]),
  personas: ['asha', 'ben', 'gov', 'genesis', 'architect', 'guardian', 'ops'],
});
