import { useMatchRoute } from '@tanstack/react-router';

/** Which approval is open beside the list, if one is. */
export function useOpened(): string | undefined {
  const match = useMatchRoute()({ to: '/a/$approvalId' });
  return match === false ? undefined : match.approvalId;
}
