import { agentSpecSchema, InvalidFileError, isSecretVariable, normalizeAgentSpec, readYaml, violationLine, type AgentSpec, type AgentSpecFile, type FileSchema, type Violation } from '@countersign/contracts';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSyscalls, forbiddenSyscalls } from '../sandbox/index.js';

export interface LoadedAgent {
  readonly spec: AgentSpec;
  /** The folder of the spec: relative paths of `run` start here. */
  readonly directory: string;
}

/** A spec that could not be used: file, place and rule. The others stay usable. */
export interface RefusedSpec {
  readonly file: string;
  readonly problems: readonly string[];
}

/** Reads every `<name>.yaml` of a folder. */
export async function loadAgents(folder: string): Promise<{ agents: Map<string, LoadedAgent>; refused: RefusedSpec[] }> {
  const directory = await realpath(folder);
  const agents = new Map<string, LoadedAgent>();
  const refused: RefusedSpec[] = [];
  for (const file of (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort()) {
    const loaded = readSpec(file, await readFile(join(directory, file), 'utf8'));
    if ('problems' in loaded) refused.push(loaded);
    else if (loaded.enabled) agents.set(loaded.name, { spec: loaded, directory });
  }
  return { agents, refused };
}

/** One spec file: its schema, then what a schema cannot know: the names of system calls and of secrets, and that the file is called like its agent. */
export function readSpec(file: string, text: string): AgentSpec | RefusedSpec {
  const schema: FileSchema<AgentSpecFile> = { kind: 'agent spec', schema: agentSpecSchema, check: (spec) => [...wrongName(file, spec), ...wrongSyscalls(spec), ...secretsIn(spec)] };
  try {
    return normalizeAgentSpec(readYaml(schema, file, text));
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return { file, problems: error.violations.map(violationLine) };
  }
}

export const agentNameOf = (file: string): string => file.replace(/\.ya?ml$/, '');

function wrongName(file: string, { name }: AgentSpecFile): Violation[] {
  return name === agentNameOf(file) ? [] : [{ pointer: '/name', rule: 'file-name', message: `must be ${agentNameOf(file)}, as the file is called` }];
}

function wrongSyscalls({ allowed_syscalls: names = [] }: AgentSpecFile): Violation[] {
  return names.flatMap((name, index): Violation[] => {
    const pointer = `/allowed_syscalls/${index}`;
    if (checkSyscalls([name]).length > 0) return [{ pointer, rule: 'unknown-syscall', message: `there is no system call or preset ${name}` }];
    if (forbiddenSyscalls([name]).length > 0) return [{ pointer, rule: 'forbidden-syscall', message: `${name} is never granted` }];
    return [];
  });
}

/** Keys stay with the host: an agent that needs a model or a service asks for it over its protocol. */
function secretsIn({ run }: AgentSpecFile): Violation[] {
  return (run?.env ?? []).flatMap((name, index): Violation[] => (isSecretVariable(name) ? [{ pointer: `/run/env/${index}`, rule: 'secret-variable', message: `${name} may hold a secret, which no agent is given` }] : []));
}
