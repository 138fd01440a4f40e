/**
 * Why a call of a worker was refused where it was executed: one code per rule. They stand in answers (`PolicyDenied.ruleId`),
 * in rows, in entries (CAPABILITY-DENIED) and in events (`agent_team.capability.denied`); they never change their meaning.
 */
export const CAPABILITY_DENY_CODES = {
  tool_not_allowed: 'the grant or the agent spec does not name this tool',

  path_malformed: 'a path with control or format characters, a backslash, or too long to be one',
  path_outside_workspace: 'an absolute path, or one that climbs out by `..`',
  path_git_internal: 'a path below `.git`, however it is spelt',
  path_not_allowed: 'a path outside the read or write scopes',
  path_link_escape: 'a path whose links lead out of the workspace, into the kernel, or out of the scopes',
  path_link_refused: 'a change through a symbolic link: name the file itself',
  path_hard_link: 'a file that has a second name, which no scope can judge',
  path_special_file: 'a device, FIFO or socket',

  net_disabled: 'the grant has no network',
  url_malformed: 'not a URL, or one that readers of URLs disagree on',
  url_scheme_refused: 'anything but http and https',
  url_credentials_refused: 'a URL with a user name or password',
  host_not_allowed: 'a host that no entry of the grant covers',
  host_is_address: 'an IP address, in whatever notation, that the grant does not list',
  port_not_allowed: 'a port other than 80 and 443 that the grant does not list',
  address_not_public: 'the name leads to a private, loopback, link-local or reserved address',
  search_host_unverifiable: 'a web search under a grant that lists hosts: which hosts it would show cannot be known',

  git_environment_refused: 'an environment variable before the subcommand',
  git_subcommand_refused: 'a subcommand (or alias) that is not offered',
  git_option_refused: 'an option that is not offered: those that move git elsewhere, run programs or change its configuration among them',
  git_revision_refused: 'a revision that is no part of the history of this run',
  git_remote_refused: 'a remote other than origin',
  git_refspec_refused: 'a refspec other than HEAD to one branch',
  git_read_not_allowed: 'the grant may not look at history',
  git_commit_not_allowed: 'the grant may not commit',
  git_push_not_allowed: 'the grant may not push',
  git_push_requires_approval: "a push waits for a person's yes: no refusal yet",

  secret_not_allowed: 'an alias that the grant does not list',
  spawn_not_allowed: 'the agent spec lets it start nobody, or it has started as many as the spec allows',
  sandbox_insufficient: 'a shell command where no sandbox can hold it',
  syscall_denied: 'a system call that the sandbox refuses',
} as const satisfies Readonly<Record<string, string>>;

export type CapabilityDenyCode = keyof typeof CAPABILITY_DENY_CODES;
