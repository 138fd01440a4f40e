export function compileCache(root: string, uid?: number): string;
