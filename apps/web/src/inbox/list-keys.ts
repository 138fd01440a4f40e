import { useNavigate } from '@tanstack/react-router';
import { useShortcuts } from '../parts/shortcuts.js';

/** `J` and `K` walk through what waits. */
export function useListKeys(ids: readonly string[], opened: string | undefined): void {
  const navigate = useNavigate();
  const go = (step: number): void => {
    const at = opened === undefined ? (step > 0 ? -1 : ids.length) : ids.indexOf(opened);
    const approvalId = ids[at + step];
    if (approvalId !== undefined) void navigate({ to: '/a/$approvalId', params: { approvalId }, search: true });
  };
  useShortcuts({ j: () => go(1), k: () => go(-1) });
}
