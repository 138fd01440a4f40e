import type { Person } from '../postgres/people.js';
import { escapeHtml } from './issuer-configuration.js';

const ROLE_WORDS: Readonly<Record<string, string>> = {
  customer_governor: 'Approves what leaves the team',
  platform_governor: 'Configures bundles, prices and policy',
  genesis: 'Certifies teams',
  systems_architect: 'Watches how teams work together',
  vision_guardian: 'Watches over quality and fairness',
  operator: 'Watches spawns, budgets and denials',
};

const STYLE = `
  :root { color-scheme: light dark; --ink: #1b1f2a; --soft: #5b6476; --paper: #fff; --ground: #f3f4f7; --line: #d9dde5; --accent: #2f5bea; }
  @media (prefers-color-scheme: dark) { :root { --ink: #eef0f5; --soft: #a2abbd; --paper: #1c212c; --ground: #12161e; --line: #343c4b; --accent: #8ba6ff; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; border-top: 4px solid transparent; border-image: repeating-linear-gradient(45deg, #e0a800 0 10px, #1b1f2a 10px 20px) 4; }
  main { max-width: 34rem; margin: 0 auto; padding: 3rem 1rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
  p { color: var(--soft); margin: 0 0 1.5rem; }
  h2 { font-size: .85rem; letter-spacing: .04em; text-transform: uppercase; color: var(--soft); margin: 1.5rem 0 .5rem; }
  ul { list-style: none; padding: 0; margin: 0; display: grid; gap: .5rem; }
  button { display: flex; gap: .9rem; align-items: center; width: 100%; min-height: 3.5rem; padding: .6rem .9rem; text-align: left; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; cursor: pointer; }
  button:hover { border-color: var(--accent); }
  button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .mark { flex: none; width: 2.4rem; height: 2.4rem; border-radius: 50%; display: grid; place-items: center; font-weight: 600; color: #fff; }
  .who { display: block; font-weight: 600; } .what { display: block; color: var(--soft); font-size: .9rem; }
`;

/** A whole page, without script: one button per persona, customers first. */
export function personaPage(people: readonly Person[]): string {
  const customers = people.filter(({ roles }) => roles.includes('customer_governor'));
  const staff = people.filter((person) => !customers.includes(person));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in · Countersign</title><style>${STYLE}</style></head>
<body><main>
<h1>Who are you today?</h1>
<p>This is a local Countersign: pick a person, no password needed. Not for production.</p>
<form method="post">${group('Customers', customers)}${group('Platform', staff)}</form>
</main></body></html>`;
}

const group = (title: string, people: readonly Person[]): string => (people.length === 0 ? '' : `<h2>${title}</h2><ul>${people.map(button).join('')}</ul>`);

function button(person: Person): string {
  const role = person.roles[0] ?? '';
  const where = role === 'customer_governor' ? person.customerName : role.replaceAll('_', ' ');
  return `<li><button name="persona" value="${escapeHtml(person.login)}"><span class="mark" aria-hidden="true" style="background:${colourOf(person.login)}">${escapeHtml(person.displayName.slice(0, 1))}</span>
<span><span class="who">${escapeHtml(person.displayName)} · ${escapeHtml(where)}</span><span class="what">${escapeHtml(ROLE_WORDS[role] ?? '')}</span></span></button></li>`;
}

/** The same person has the same colour everywhere; dark enough for white letters. */
const colourOf = (login: string): string => `hsl(${[...login].reduce((sum, sign) => sum * 31 + sign.charCodeAt(0), 7) % 360} 55% 38%)`;
