import type { QueryClient } from '@tanstack/react-query';
import { meQuery } from '../api/queries.js';
import { prefetchRequest } from '../approval/prefetch.js';

/** Asks who is here, and for the request that the address names, while the page is being put together. The server has told the browser of both beforehand. */
export function askEarly(client: QueryClient, path: string): void {
  if (path.startsWith('/verify')) return; // it asks no server
  void client.prefetchQuery(meQuery);
  const [, request] = /^\/a\/([0-9a-f-]{36})$/.exec(path) ?? [];
  if (request !== undefined) void prefetchRequest(client, request);
}
