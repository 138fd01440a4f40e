import type { Template } from '@countersign/contracts';

const folder = (path: string): string => (path === '.' ? 'everything in the workspace' : path);

/** What an agent of a template may do, one line each: what is not listed it may not. */
export function rightsIn({ skills, capabilities: { tool_allowlist, tool_denylist, fs_scopes, net_scopes, secrets_scopes, git_caps } }: Pick<Template, 'skills' | 'capabilities'>): string[] {
  return [
    ...fs_scopes.read.map((path) => `read ${folder(path)}`),
    ...fs_scopes.write.map((path) => `hand in changes to ${folder(path)}`),
    ...tool_allowlist.filter((tool) => !tool_denylist.includes(tool)).map((tool) => `call the tool ${tool}`),
    ...(net_scopes.enabled ? net_scopes.allow_hosts.map((host) => `ask ${host === '*' ? 'any host' : host}`) : []),
    ...secrets_scopes.map((alias) => `use the secret ${alias}`),
    ...(['read', 'commit'] as const).filter((cap) => git_caps[cap]).map((cap) => `git ${cap}`),
    ...(git_caps.push ? [git_caps.push_requires_approval ? 'git push, after a person’s yes' : 'git push'] : []),
    ...skills.map((skill) => `know the skill ${'id' in skill ? skill.id : skill.path}`),
  ];
}
