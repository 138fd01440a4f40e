import { append, leafHash, rootOf } from '@countersign/audit';
import { AppError } from '@countersign/contracts';

import { HeadStore } from '../adapters/head-store/head-store.js';

// Opens the head store named on the command line, says whether it got it, and keeps it until it is killed.
let store: HeadStore | undefined;
try {
  store = HeadStore.open(process.argv[2]!, 200);
  const frontier = append({ size: 0, hashes: [] }, [leafHash(Buffer.from('0'))]);
  if (store.get('held') === undefined) store.swap([{ teamId: 'held', from: undefined, to: { size: 1, root: rootOf(frontier), frontier, lastHash: leafHash(Buffer.from('0')), lastAtMs: 1_001, claimedAtMs: 2_001 } }]);
  process.send?.('held');
} catch (error) {
  process.send?.(error instanceof AppError ? error.code : String(error));
}
// The timer refers to it: the garbage collector closes a store that nobody refers to, and gives its lock up.
setInterval(() => store, 60_000);
