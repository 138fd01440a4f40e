import { keys } from './queries.js';
import { useSendOnce } from './send-once.js';

/** One deed at the spawn gate: a stop, or an answer. */
export const useAgentAction = (path: string, onSuccess: () => void) =>
  useSendOnce<unknown, string>({ about: path, request: (reason) => ({ path, body: reason === '' ? {} : { reason } }), stale: [keys.agents], onSuccess });
