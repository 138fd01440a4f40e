import type { Violation } from '../errors.js';
import { isPushPlace } from '../git-names.js';
import { isDomain, isHookUrl, isMailAddress, outletFor } from '../outgoing.js';
import { DIALECT, list, object, schemaId } from './parts.js';
import type { FileSchema } from './read-yaml.js';

/** Hosts that may be sent signed webhooks. */
export interface HttpOutlet {
  /** Stands for itself and its subdomains on port 443; with `:port` behind it, on that port. */
  host: string;
  /** Alias of the secret that signs: a file of that name among the executor's secrets. */
  secret: string;
  /** Where the receiver says whether it has a message, `{id}` in the place of its `webhook-id`: 2xx is yes, 404 is no. */
  status?: string;
}
export interface EmailOutlet {
  /** Whom the messages are from. */
  from: string;
  /** Domains of recipients, each for itself alone. */
  domains: string[];
}

/** What the operator lets leave, and where to. What is not in it stays inside. */
export interface EgressFile {
  customers: { customer: string; git?: string[]; http?: HttpOutlet[]; email?: EmailOutlet }[];
}

/** What holds for one customer. */
export interface Outlets {
  /** Remotes, and beginnings of remotes that end with `/` or `:`; undefined: the operator says nothing of pushes. */
  readonly git: readonly string[] | undefined;
  readonly http: readonly HttpOutlet[];
  readonly email: EmailOutlet | undefined;
}
export const NO_OUTLETS: Outlets = { git: undefined, http: [], email: undefined };

const EVERY_CUSTOMER = '*';
/** Stands in a status address for the message's id. */
export const STATUS_ID = '{id}';

const host = { type: 'string', maxLength: 259, description: 'A host with its subdomains on port 443; with :port, on that port.' };
const http = object(
  {
    host,
    secret: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', maxLength: 100, description: 'File below the folder of secrets.' },
    status: { type: 'string', maxLength: 1000, description: 'https address that answers 2xx for a message it has and 404 for one it has not; {id} stands for the webhook-id.' },
  },
  ['host', 'secret'],
);
const email = object(
  { from: { type: 'string', maxLength: 254, description: 'Address the messages are from.' }, domains: { ...list({ type: 'string', maxLength: 253 }, 'Domains of recipients; subdomains are named for themselves.'), minItems: 1 } },
  ['from', 'domains'],
);
const git = list({ type: 'string', maxLength: 1000 }, 'Remotes that may be pushed to, and what remotes may begin with: that ends with / or a colon. Without the list: any, in production none.');
const customer = { type: 'string', pattern: '^(\\*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$', description: "A customer's id, or * for those without an entry of their own." };

export const egressSchema: FileSchema<EgressFile> = {
  kind: 'egress policy',
  schema: {
    $schema: DIALECT,
    $id: schemaId('egress'),
    title: 'Countersign egress policy',
    description: 'Where approved pushes, webhooks and e-mails may go, per customer. Whatever is not listed is refused.',
    ...object({ customers: { type: 'array', maxItems: 10_000, items: object({ customer, git, http: list(http, 'Receivers of webhooks.'), email }, ['customer']), description: 'One entry each.' } }, ['customers']),
  },
  check: ({ customers }) =>
    customers.flatMap((entry, index) => [
      ...(customers.findIndex(({ customer: other }) => other === entry.customer) < index ? [fault(`/customers/${index}/customer`, 'unique-customer', 'has an entry already')] : []),
      ...(entry.git ?? []).flatMap((place, at) => (isPushPlace(place) ? [] : [fault(`/customers/${index}/git/${at}`, 'remote', 'is no remote, nor the beginning of remotes with / or : at its end')])),
      ...(entry.http ?? []).flatMap((outlet, at) => brokenHttp(outlet, `/customers/${index}/http/${at}`)),
      ...(entry.email ? brokenEmail(entry.email, `/customers/${index}/email`) : []),
    ]),
};

const fault = (pointer: string, rule: string, message: string): Violation => ({ pointer, rule, message });

function brokenHttp({ host: name, status }: HttpOutlet, at: string): Violation[] {
  const [domain = '', port, ...more] = name.split(':');
  const named = isDomain(domain) && more.length === 0 && (port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 && port !== '443'));
  if (!named) return [fault(`${at}/host`, 'host', 'is no host name in lower case (443 is the usual port and not written)')];
  if (status === undefined) return [];
  // any id is as long as another: what matters is where it leads
  const looked = status.replace(STATUS_ID, 'msg_0');
  const fits = status.split(STATUS_ID).length === 2 && isHookUrl(looked) && outletFor(looked, [{ host: name, secret: '' }]) !== undefined;
  return fits ? [] : [fault(`${at}/status`, 'status', 'is no https address on this host with {id} in it once')];
}

const brokenEmail = ({ from, domains }: EmailOutlet, at: string): Violation[] => [
  ...(isMailAddress(from) ? [] : [fault(`${at}/from`, 'address', 'is no bare e-mail address')]),
  ...domains.flatMap((domain, index) => (isDomain(domain) ? [] : [fault(`${at}/domains/${index}`, 'domain', 'is no domain in lower case')])),
];

/** A customer's own entry, or the one for everybody; never parts of both. */
export function outletsOf(file: EgressFile | undefined, customerId: string): Outlets {
  const entry = file?.customers.find((each) => each.customer === customerId) ?? file?.customers.find((each) => each.customer === EVERY_CUSTOMER);
  return entry ? { git: entry.git, http: entry.http ?? [], email: entry.email } : NO_OUTLETS;
}
