import type { NotificationPreferences, NotificationPreferencesBody } from '@countersign/contracts';
import { changedWishes, rebasedWishes, wishesOf } from '@countersign/view';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem, putJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { sentence } from '../parts/states.js';

/** What the server holds in place of what was shown here. */
interface Current {
  readonly preferences: NotificationPreferencesBody;
  readonly version: number;
}
const currentIn = (error: unknown): Current | undefined => (error instanceof ApiProblem && error.code === 'stale_version' ? (error.details['current'] as Current | undefined) : undefined);

/**
 * The person's wishes while they are changed. What was changed elsewhere meanwhile is taken up, and what was typed here kept:
 * saving then says so, and is tried again by the person. `suggested` is what they are offered to begin with.
 */
export function useWishes(preferences: NotificationPreferences, suggested: Partial<NotificationPreferencesBody> = {}) {
  const client = useQueryClient();
  const stored = wishesOf(preferences);
  const [{ version, base, wanted }, setDraft] = useState({ version: preferences.version, base: stored, wanted: { ...stored, ...suggested } });
  if (preferences.version > version) setDraft({ version: preferences.version, base: stored, wanted: rebasedWishes(base, wanted, stored) });
  const [elsewhere, setElsewhere] = useState<readonly string[]>([]);
  const save = useMutation({
    mutationFn: () => putJson<NotificationPreferences>('/v1/notification-preferences', wanted, `"${version}"`),
    onSuccess: (saved) => {
      setDraft({ version: saved.version, base: wishesOf(saved), wanted: wishesOf(saved) });
      client.setQueryData(keys.preferences, saved);
    },
    onError: (error) => {
      const current = currentIn(error);
      setElsewhere(changedWishes(base, current?.preferences ?? base));
      if (current !== undefined) client.setQueryData<NotificationPreferences>(keys.preferences, (known) => known && { ...known, ...current.preferences, version: current.version });
    },
  });
  const stale = currentIn(save.error) !== undefined;
  return {
    wanted,
    change: (part: Partial<NotificationPreferencesBody>): void => setDraft({ version, base, wanted: { ...wanted, ...part } }),
    changed: JSON.stringify(wanted) !== JSON.stringify(base),
    busy: save.isPending,
    /** Why it was not saved, and what to do. */
    problem: save.error === null ? undefined : !stale ? `Not saved. ${sentence(save.error)}` : `Not saved yet: ${inWords(elsewhere)} changed elsewhere meanwhile, as you see here. What you changed is kept: save again.`,
    stale,
    save: (then?: () => void): void => save.mutate(undefined, { onSuccess: then }),
  };
}

const inWords = (names: readonly string[]): string => (names.length === 0 ? 'your settings were' : `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'}`);
