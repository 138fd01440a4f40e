import { passkeyHere, type PasskeyHere } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { signingKeysQuery } from '../api/queries.js';
import { useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';

/** Undefined: not known, or nobody asks. */
export function usePasskeyHere(enabled = true): PasskeyHere | undefined {
  const { deviceId } = useMe();
  const { data } = useQuery({ ...signingKeysQuery, enabled });
  const now = useNow();
  return enabled && data ? passkeyHere(data, deviceId, now) : undefined;
}
