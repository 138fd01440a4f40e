import { join } from 'node:path';

/**
 * Node's cache of compiled modules (NODE_COMPILE_CACHE) for one user, inside the clone: a program of many modules starts in
 * two thirds of the time. Node 20 does not know the variable and leaves it alone.
 */
export const compileCache = (root, uid = process.getuid?.() ?? 0) => join(root, '.toolchain', 'compile-cache', String(uid));
