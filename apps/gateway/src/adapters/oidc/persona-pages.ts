import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@countersign/service';
import type { Provider } from 'oidc-provider';
import type { People, Person } from '../postgres/people.js';
import { PERSONAS } from '../postgres/personas.js';
import { personaPage } from './persona-page.js';

const MAX_FORM_BYTES = 1_000;

/** The page on which one picks who to be; there are no passwords here. */
export class PersonaPages {
  constructor(
    private readonly provider: Provider,
    private readonly people: People,
    private readonly log: Logger,
  ) {}

  isTheirs(url: string): boolean {
    return url.startsWith('/personas/');
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.answer(request, response).catch((error: unknown) => {
      this.log.warn({ err: error }, 'sign-in page failed');
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title><p>This sign-in has expired. <a href="/">Start again</a></p>');
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.provider.interactionDetails(request, response); // refuses without the interaction's own cookie
    if (request.method !== 'POST') return this.show(response);
    const login = new URLSearchParams(await readForm(request)).get('persona') ?? '';
    const person = await this.people.byLogin(login);
    if (person === undefined) return this.show(response);
    await this.provider.interactionFinished(request, response, { login: { accountId: person.id } }, { mergeWithLastSubmission: false });
  }

  private async show(response: ServerResponse): Promise<void> {
    const people = await Promise.all(PERSONAS.map(({ login }) => this.people.byLogin(login)));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    response.end(personaPage(people.filter((person): person is Person => person !== undefined)));
  }
}

async function readForm(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) throw new RangeError('the form is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
