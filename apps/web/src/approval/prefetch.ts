import type { QueryClient } from '@tanstack/react-query';
import { approvalQuery, manifestQuery } from '../api/queries.js';
import { proofOf } from './proof-run.js';

/** Asks for everything that has to be hashed before the button opens beside the request itself, and begins to hash before anything is drawn. */
export async function prefetchRequest(client: QueryClient, id: string): Promise<void> {
  void client.prefetchQuery(manifestQuery(id));
  const query = approvalQuery(id);
  await client.prefetchQuery(query);
  const approval = client.getQueryData(query.queryKey);
  if (approval) proofOf(client, approval);
}
