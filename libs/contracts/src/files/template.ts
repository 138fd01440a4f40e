import { amountsOfLimit, budgetLimitSchema, DIALECT, flag, list, object, schemaId, text, type BudgetLimit } from './parts.js';
import type { FileSchema } from './read-yaml.js';
import { AGENT_ROLES, skillRefSchema, type AgentRole, type SkillRef } from './spawn-policy.js';
import type { Amounts } from '../states.js';

/** What an instance may touch. Everything absent is empty or false; an empty list grants nothing; deny beats allow. */
export interface Capabilities {
  /** Names or globs (`docs.*`); `*` alone is every tool. */
  readonly tool_allowlist: readonly string[];
  readonly tool_denylist: readonly string[];
  /** Paths below the workspace; `.` is all of it. */
  readonly fs_scopes: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** A name stands for itself and its subdomains, `*` for every name, an address for itself; `:port` behind it for that port instead of 80 and 443. */
  readonly net_scopes: { readonly enabled: boolean; readonly allow_hosts: readonly string[] };
  readonly secrets_scopes: readonly string[];
  readonly git_caps: { readonly read: boolean; readonly commit: boolean; readonly push: boolean; readonly push_requires_approval: boolean };
}

/** `templates/<name>.yaml` as written: the original's format. */
export interface TemplateFile {
  templateID?: string;
  template_id?: string;
  display_name?: string;
  avatar_url?: string;
  role: AgentRole;
  system_prompt?: string;
  /** Free JSON: kept and handed on, never read by the gate. */
  default_model?: unknown;
  skills?: SkillRef[];
  default_budget?: BudgetLimit;
  capabilities?: {
    tool_allowlist?: string[];
    tool_denylist?: string[];
    fs_scopes?: { read?: string[]; write?: string[] };
    net_scopes?: { enabled?: boolean; allow_hosts?: string[] };
    secrets_scopes?: string[];
    /** The page's spelling of `secrets_scopes`. */
    secretsScopes?: string[];
    git_caps?: { read?: boolean; commit?: boolean; push?: boolean; push_requires_approval?: boolean };
  };
}

/** A template with its defaults, in our own words and units. */
export interface Template {
  readonly id: string;
  readonly displayName: string;
  readonly role: AgentRole;
  readonly systemPrompt: string;
  readonly skills: readonly SkillRef[];
  readonly budget: Amounts;
  readonly capabilities: Capabilities;
}

/** Below the workspace and nowhere else: no absolute path, no `..`, no backslash. */
const insidePath = { type: 'string', pattern: '^(?!/)(?!.*\\\\)(?!(.*/)?\\.\\.(/|$)).+$', maxLength: 400 };
const toolName = { type: 'string', pattern: '^[A-Za-z0-9_.:*/-]+$', maxLength: 200 };
const host = { type: 'string', pattern: '^(\\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(:[1-9][0-9]{0,4})?$', maxLength: 259 };
const alias = { type: 'string', pattern: '^[A-Za-z0-9_.-]+$', maxLength: 100 };
const secrets = list(alias, 'Aliases of secrets it may use. Everything else is hidden.');

const capabilities = {
  ...object({
    tool_allowlist: list(toolName, 'Tools it may call; globs with *. An empty list is none.'),
    tool_denylist: list(toolName, 'Tools it may not call, whatever the allowlist says.'),
    fs_scopes: object({ read: list(insidePath, 'Paths below the workspace it may read.'), write: list(insidePath, 'Paths below the workspace it may change.') }),
    net_scopes: object({ enabled: { ...flag('Network at all.'), default: false }, allow_hosts: list(host, 'Hosts, each with its subdomains, on ports 80 and 443; with :port, on that port. An empty list is none.') }),
    secrets_scopes: secrets,
    secretsScopes: { ...secrets, deprecated: true },
    git_caps: object({
      read: { ...flag('Look at history.'), default: false },
      commit: { ...flag('Commit.'), default: false },
      push: { ...flag('Push.'), default: false },
      push_requires_approval: { ...flag('Ask a person before each push.'), default: false },
    }),
  }),
  not: { required: ['secrets_scopes', 'secretsScopes'] },
  description: 'What an instance may touch at most; a child also stays inside its parent.',
};

const templateId = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', maxLength: 100, description: 'Name that bundles and spawn requests use.' };

export const templateSchema: FileSchema<TemplateFile> = {
  kind: 'agent template',
  schema: {
    $schema: DIALECT,
    $id: schemaId('agent-template'),
    title: 'Countersign agent template',
    description: 'The mould of an instance: its role, its skills, its budget and the most it may touch.',
    ...object(
      {
        templateID: templateId,
        template_id: { ...templateId, deprecated: true },
        display_name: text('Name for people.'),
        avatar_url: text('Picture for people.', 2000),
        role: { type: 'string', enum: AGENT_ROLES },
        system_prompt: { type: 'string', maxLength: 20_000, description: 'Standing instructions for a model.' },
        default_model: { description: 'Free JSON, handed on to the model port.' },
        skills: list(skillRefSchema, 'Skills it brings.'),
        default_budget: budgetLimitSchema("Budget of an instance; overrides the role's, field by field."),
        capabilities,
      },
      ['role'],
    ),
    oneOf: [{ required: ['templateID'] }, { required: ['template_id'] }],
  },
};

/** Fills in the defaults. The file must have passed `templateSchema`. */
export function normalizeTemplate(file: TemplateFile): Template {
  const id = file.templateID ?? file.template_id!;
  return {
    id,
    displayName: file.display_name ?? id,
    role: file.role,
    systemPrompt: file.system_prompt ?? '',
    skills: file.skills ?? [],
    budget: amountsOfLimit(file.default_budget),
    capabilities: normalizeCapabilities(file.capabilities),
  };
}

function normalizeCapabilities(file: TemplateFile['capabilities'] = {}): Capabilities {
  const { fs_scopes: fs = {}, net_scopes: net = {}, git_caps: git = {} } = file;
  return {
    tool_allowlist: file.tool_allowlist ?? [],
    tool_denylist: file.tool_denylist ?? [],
    fs_scopes: { read: fs.read ?? [], write: fs.write ?? [] },
    net_scopes: { enabled: net.enabled ?? false, allow_hosts: net.allow_hosts ?? [] },
    secrets_scopes: file.secrets_scopes ?? file.secretsScopes ?? [],
    git_caps: { read: git.read ?? false, commit: git.commit ?? false, push: git.push ?? false, push_requires_approval: git.push_requires_approval ?? false },
  };
}
