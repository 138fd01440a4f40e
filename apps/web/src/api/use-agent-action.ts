import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { postJson } from './http.js';
import { keys } from './queries.js';

/** One deed at the spawn gate: a stop, or an answer. Trying again repeats the same request, so it counts once. */
export function useAgentAction(path: string, onDone: () => void) {
  const client = useQueryClient();
  const key = useRef(crypto.randomUUID());
  return useMutation<unknown, Error, string>({
    mutationFn: (reason) => postJson(path, reason === '' ? {} : { reason }, { key: key.current }),
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: keys.agents }),
  });
}
