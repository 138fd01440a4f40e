import type { LanguageModel, ModelMessage as SdkMessage } from 'ai';
import { ModelRefusedError } from './errors.js';
import type { ModelName, ModelRequest, Provider } from './port.js';
import type { Vendor, VendorAnswer } from './vendor.js';

/** Keys and addresses, as the environment names them (interface §4). */
export interface VendorKeys {
  readonly openAiBaseUrl?: string;
  readonly openAiKey?: string;
  readonly anthropicKey?: string;
  readonly googleKey?: string;
}

type Sdk = typeof import('ai');
type JsonSchema = Parameters<Sdk['jsonSchema']>[0];

/** Real providers, over the AI SDK. Each provider's package is loaded when its first call is made, so that a rehearsal needs none. */
export function aiSdkVendor(keys: VendorKeys): Vendor {
  return async (model, request, signal, heard) => {
    const [sdk, languageModel] = await Promise.all([import('ai'), open(model, keys)]);
    // the SDK prints its warnings to the console; our output is lines of JSON
    (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
    const result = sdk.streamText({ model: languageModel, ...settings(sdk, request), maxRetries: 0, abortSignal: signal, onError: () => undefined }); // an error is a part of the stream
    for await (const part of result.stream) {
      if (part.type === 'text-delta') heard(part.text);
      else if (part.type === 'error') throw part.error;
      else if (part.type === 'abort') throw signal.reason;
    }
    const [text, toolCalls, finishReason, usage] = await Promise.all([result.text, result.toolCalls, result.finishReason, result.usage]);
    return answer(text, finishReason, usage, toolCalls.map(({ toolName, input }) => ({ name: toolName, input: input as unknown })));
  };
}

async function open({ provider, id }: ModelName, keys: VendorKeys): Promise<LanguageModel> {
  switch (provider) {
    case 'openai-compatible': {
      const baseURL = needed(keys.openAiBaseUrl, 'OPENAI_BASE_URL', provider);
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({ name: provider, baseURL, supportsStructuredOutputs: true, includeUsage: true, ...(keys.openAiKey === undefined ? {} : { apiKey: keys.openAiKey }) })(id);
    }
    case 'anthropic': {
      const apiKey = needed(keys.anthropicKey, 'ANTHROPIC_API_KEY', provider);
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ apiKey })(id);
    }
    case 'google': {
      const apiKey = needed(keys.googleKey, 'GOOGLE_GENERATIVE_AI_API_KEY', provider);
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
      return createGoogleGenerativeAI({ apiKey })(id);
    }
    case 'rehearsal':
      throw new ModelRefusedError('unknown_model', 'the rehearsal is not a model of the AI SDK');
  }
}

function needed(value: string | undefined, name: string, provider: Provider): string {
  if (value === undefined || value === '') throw new ModelRefusedError('model_not_configured', `${provider} needs ${name}`);
  return value;
}

function settings(sdk: Sdk, { messages, schema, tools = [], maxOutputTokens }: ModelRequest) {
  const instructions = messages.filter(({ role }) => role === 'system').map(({ content }) => content).join('\n\n');
  const dialogue = messages.filter(({ role }) => role !== 'system') as SdkMessage[];
  const offered = tools.map(({ name, description, inputSchema }) => [name, sdk.tool({ description, inputSchema: sdk.jsonSchema(inputSchema as JsonSchema) })] as const);
  return {
    messages: dialogue,
    maxOutputTokens,
    ...(instructions === '' ? {} : { instructions }),
    ...(offered.length === 0 ? {} : { tools: Object.fromEntries(offered) }),
    ...(schema === undefined ? {} : { output: sdk.Output.object({ schema: sdk.jsonSchema(schema as JsonSchema) }) }),
  };
}

interface SdkUsage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

function answer(text: string, finish: string, usage: SdkUsage | undefined, toolCalls: VendorAnswer['toolCalls']): VendorAnswer {
  const finishReason = finish === 'stop' || finish === 'length' ? finish : finish === 'content-filter' ? 'content_filter' : 'other';
  return { text, toolCalls, finishReason, inputTokens: usage?.inputTokens, outputTokens: usage?.outputTokens };
}
