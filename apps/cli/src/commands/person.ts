import { mayNotEnter, ROLES, type AddPersonBody, type PersonRefusal, type Role } from '@countersign/contracts';
import { say } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';

const USUAL = 'gov';
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const add: Command = {
  usage: `--issuer URL --subject SUB --login NAME --role ROLE[,ROLE] [--name "…"] [--customer ID | --new-customer "…"]`,
  summary: 'enter a person of your own OpenID issuer, with their roles',
  options: { issuer: { type: 'string' }, subject: { type: 'string' }, login: { type: 'string' }, role: { type: 'string' }, name: { type: 'string' }, customer: { type: 'string' }, 'new-customer': { type: 'string' } },
  async run(call) {
    const body = bodyOf(call);
    output(call.global.json, await (await signIn(call, USUAL)).addPerson(body), ({ id }) => print(`${id}\t${body.login}\t${body.roles.join(', ')}`));
    return EXIT.done;
  },
};

const list: Command = {
  usage: '',
  summary: 'everybody who may sign in, with roles, customer, issuer and subject',
  async run(call) {
    const people = await (await signIn(call, USUAL)).people();
    output(call.global.json, people, () =>
      printTable(['PERSON', 'LOGIN', 'ROLES', 'CUSTOMER', 'ISSUER', 'SUBJECT'], people.map(({ id, login, roles, customer, issuer, subject }) => [id, login, roles.join(', '), customer ? `${customer.name} (${customer.id})` : 'platform', issuer ?? 'local', subject ?? ''])));
    return EXIT.done;
  },
};

const erase: Command = {
  usage: 'LOGIN|ID --reason "…"',
  summary: 'take away for good what is kept of a person: names, addresses, devices, sessions, and what the record has sealed of them',
  words: [1, 1],
  options: { reason: { type: 'string' } },
  async run(call) {
    const reason = textFlag(call, 'reason')?.trim();
    const wanted = call.words[0]!;
    if (!reason) throw new UsageError('--reason is missing: why is this person’s data erased?');
    const client = await signIn(call, USUAL);
    const found = (await client.people()).filter(({ id, login }) => id === wanted || login === wanted);
    if (found.length > 1) throw new UsageError(`${found.length} people have the login "${wanted}": name one by the id`, 'countersign person list');
    // whose erasure ended early stands in no list any more, and has no login
    const id = found[0]?.id ?? (ID.test(wanted) ? wanted : undefined);
    if (id === undefined) throw new UsageError(`there is nobody "${wanted}"`, 'countersign person list');
    if (id !== wanted) say(`erasing ${id}: should it end early, the same with this id does the rest`);
    output(call.global.json, await client.erasePerson(id, { reason }), ({ values, chains, devices }) => print(`${id}\terased: ${values} sealed values in ${chains} records, ${devices} devices`));
    return EXIT.done;
  },
};

function bodyOf(call: Call): AddPersonBody {
  const must = (name: string): string => {
    const text = textFlag(call, name)?.trim();
    if (!text) throw new UsageError(`--${name} is missing`);
    return text;
  };
  const login = must('login');
  const [customerId, newCustomer] = [textFlag(call, 'customer'), textFlag(call, 'new-customer')];
  const body = { issuer: must('issuer'), subject: must('subject'), login, displayName: textFlag(call, 'name') ?? login, roles: must('role').split(',').map(roleOf), ...(customerId === undefined ? {} : { customerId }), ...(newCustomer === undefined ? {} : { newCustomer }) };
  const refusal = mayNotEnter(body);
  if (refusal) throw new UsageError(SAID[refusal.code]);
  return body;
}

/** The gateway's refusals, in the words that are typed here. */
const SAID: Readonly<Record<PersonRefusal['code'], string>> = {
  issuer_invalid: '--issuer is the https address that tokens name as `iss`, without user, query or fragment',
  roles_mixed: '--role: nobody is of a customer and of the platform',
  customer_missing: '--role customer_governor needs --customer ID, or --new-customer "…" with its name',
  customer_twice: '--customer is a customer that is known, --new-customer a new one: say one of them',
  customer_not_wanted: '--customer and --new-customer are for the role customer_governor: platform staff belong to no customer',
};

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text.trim());
  if (!role) throw new UsageError(`there is no role "${text.trim()}"`, `one of: ${ROLES.join(', ')}`);
  return role;
}

export const person = { add, list, erase };
