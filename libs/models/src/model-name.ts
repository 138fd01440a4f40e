import { ModelRefusedError } from './errors.js';
import { PROVIDERS, type ModelName, type Provider } from './port.js';

export const REHEARSAL: ModelName = { provider: 'rehearsal', id: 'rehearsal' };

/** Reads `rehearsal` or `<provider>/<id>`; an id may hold slashes of its own. Throws `ModelRefusedError` (`unknown_model`). */
export function parseModelName(text: string): ModelName {
  if (text === 'rehearsal') return REHEARSAL;
  const slash = text.indexOf('/');
  const [provider, id] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  if (!PROVIDERS.includes(provider as Provider) || id === '') {
    throw new ModelRefusedError('unknown_model', `no provider is known for the model "${text}"; write rehearsal, openai-compatible/<id>, anthropic/<id> or google/<id>`);
  }
  return { provider: provider as Provider, id };
}

export const modelText = ({ provider, id }: ModelName): string => (provider === 'rehearsal' ? 'rehearsal' : `${provider}/${id}`);
