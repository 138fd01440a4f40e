import { agentSpecSchema, InvalidFileError, normalizeAgentSpec, readYaml, type AgentSpec, type AgentSpecFile, type FileSchema } from '@countersign/contracts';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSyscalls } from '../sandbox/index.js';

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

const SPEC_FILE: FileSchema<AgentSpecFile> = { kind: 'agent spec', schema: agentSpecSchema };

/** One spec file: its schema, then the names of its system calls. */
export function readSpec(file: string, text: string): AgentSpec | RefusedSpec {
  try {
    const spec = normalizeAgentSpec(readYaml(SPEC_FILE, file, text));
    const unknown = checkSyscalls(spec.allowedSyscalls);
    if (unknown.length > 0) return { file, problems: [`${file}: allowed_syscalls: unknown ${unknown.join(', ')}`] };
    return spec;
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    return { file, problems: error.violations.map((v) => `${v.file}:${v.line}:${v.column}: ${v.rule}: ${v.message}`) };
  }
}
