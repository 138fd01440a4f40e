import type { HelpdeskReply } from '@countersign/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { postJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { sentence } from '../parts/states.js';

/** What was typed and has no answer yet; shown at once, with what became of it. */
export interface Pending {
  readonly key: string;
  readonly text: string;
  readonly failed: string | undefined;
  readonly again: () => void;
}

export function useAsk(teamId: string): { ask: (text: string) => void; pending: readonly Pending[] } {
  const client = useQueryClient();
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const change = (key: string, failed: string | undefined): void => setPending((all) => all.map((one) => (one.key === key ? { ...one, failed } : one)));
  const send = (key: string, text: string): void => {
    change(key, undefined);
    postJson<HelpdeskReply>(`/v1/teams/${teamId}/helpdesk/messages`, { text }, { key })
      .then(() => client.invalidateQueries({ queryKey: keys.helpdesk(teamId) }))
      .then(
        () => setPending((all) => all.filter((one) => one.key !== key)),
        (error: unknown) => change(key, sentence(error as Error)),
      );
  };
  const ask = (text: string): void => {
    const key = crypto.randomUUID();
    setPending((all) => [...all, { key, text, failed: undefined, again: () => send(key, text) }]);
    send(key, text);
  };
  return { ask, pending };
}
