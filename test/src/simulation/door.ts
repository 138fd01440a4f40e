import { randomUUID } from 'node:crypto';
import type { WireHouse } from '../wire/house.js';
import type { OriginalClient } from '../wire/original-client.js';

/** The people's way in: each with one sign-in, and with it one device, for the whole of a play. What is refused is thrown. */
export class Door {
  private readonly clients = new Map<string, Promise<OriginalClient>>();
  constructor(private readonly house: WireHouse) {}

  private as(persona: string): Promise<OriginalClient> {
    const client = this.clients.get(persona) ?? this.house.as(persona);
    this.clients.set(persona, client);
    return client;
  }

  async get<T>(path: string): Promise<T> {
    return ok(await (await this.as('asha')).get(path), path) as T;
  }

  async post<T>(persona: string, path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return ok(await (await this.as(persona)).post(path, body, { 'idempotency-key': randomUUID(), ...headers }), path) as T;
  }
}

function ok({ status, body }: { readonly status: number; readonly body: unknown }, path: string): unknown {
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}
