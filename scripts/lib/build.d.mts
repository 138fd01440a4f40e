/** Folders of all workspaces that hold a tsconfig.json, relative to the clone. */
export function projects(root: string): string[];
