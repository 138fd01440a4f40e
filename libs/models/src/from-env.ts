import { readFileSync } from 'node:fs';
import { aiSdkVendor } from './ai-sdk.js';
import { ModelRefusedError } from './errors.js';
import { parseModelName } from './model-name.js';
import { Models } from './models.js';
import { PriceBook, readPrices, SHIPPED_PRICES } from './price-book.js';
import { rehearsal } from './rehearsal.js';

/**
 * The models this process may use, as its environment says: `COUNTERSIGN_MODEL` (default `rehearsal`), the providers' keys,
 * and `COUNTERSIGN_PRICES`, a JSON file of prices that come on top of the shipped ones. The rehearsal does not start in production.
 */
export function modelsFromEnv(env: Readonly<Record<string, string | undefined>>): Models {
  const model = parseModelName(env['COUNTERSIGN_MODEL'] ?? 'rehearsal');
  const production = env['NODE_ENV'] === 'production';
  if (model.provider === 'rehearsal' && production) throw notInProduction();
  const file = env['COUNTERSIGN_PRICES'];
  const prices = new PriceBook([...SHIPPED_PRICES, ...(file ? readPrices(readFileSync(file, 'utf8')) : [])]);
  const real = aiSdkVendor({
    ...named('openAiBaseUrl', env['OPENAI_BASE_URL']),
    ...named('openAiKey', env['OPENAI_API_KEY']),
    ...named('anthropicKey', env['ANTHROPIC_API_KEY']),
    ...named('googleKey', env['GOOGLE_GENERATIVE_AI_API_KEY']),
  });
  return new Models({ model, prices, vendors: { rehearsal: production ? () => Promise.reject(notInProduction()) : rehearsal, 'openai-compatible': real, anthropic: real, google: real } });
}

const notInProduction = (): ModelRefusedError => new ModelRefusedError('model_not_configured', 'the rehearsal does not run in production: set COUNTERSIGN_MODEL');

const named = <K extends string>(name: K, value: string | undefined): { [N in K]?: string } => (value === undefined || value === '' ? {} : ({ [name]: value } as { [N in K]?: string }));
