import { uuidv7, type ModelUsage } from '@countersign/contracts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { problemOf } from './answer-schema.js';
import { ModelCallError, ModelRefusedError } from './errors.js';
import { Heard } from './heard.js';
import { modelText, parseModelName } from './model-name.js';
import type { ModelAnswer, ModelName, ModelPort, ModelRequest, Provider } from './port.js';
import { costMicros, type PriceBook, type PriceEntry } from './price-book.js';
import { outputWithin, reservationOf, sizeOf, type Sizing } from './sizing.js';
import { estimateInput, estimateTokens } from './tokens.js';
import type { Vendor, VendorAnswer } from './vendor.js';

export interface ModelsOptions {
  /** Used where a request names none. */
  readonly model: ModelName;
  readonly prices: PriceBook;
  readonly vendors: Readonly<Record<Provider, Vendor>>;
  readonly now?: () => Date;
}

/** The port over its providers: each call is priced, reserved, made once, metered and settled. */
export class Models implements ModelPort {
  constructor(private readonly options: ModelsOptions) {}

  /** The model that answers where a request names none: for labels. */
  get configured(): ModelName {
    return this.options.model;
  }

  /**
   * Asks once. The most it can cost is reserved first, or as much of it as there is: then the answer is bounded by that. What it
   * did cost is settled whatever the answer is worth.
   *
   * Throws `ModelRefusedError` when the call was not made (unknown price or model, no budget), `ModelCallError` when it gave
   * no usable answer. It does not retry: a retry is another call with another reservation.
   */
  async complete(request: ModelRequest): Promise<ModelAnswer> {
    const model = request.model === undefined ? this.options.model : parseModelName(request.model);
    const price = this.price(model);
    const fits = request.schema === undefined ? undefined : checkOf(request.schema);
    const callId = uuidv7();
    const maxOutputTokens = await this.reserve(callId, request, sizeOf(request, price, model.provider === 'rehearsal'));
    const heard = new Heard(maxOutputTokens);
    const given = await this.call(model, { ...request, maxOutputTokens }, heard).catch(async (cause: unknown) => {
      await request.budget.settle(callId, failedUsage(cause, request, price, heard.text), modelText(model));
      throw cause;
    });
    const usage = usageOf(given, request, price);
    await request.budget.settle(callId, usage, modelText(model));
    const json = fits === undefined || given.toolCalls.length > 0 ? {} : { json: fits(given.text) };
    return { text: given.text, ...json, toolCalls: given.toolCalls, model, rehearsal: model.provider === 'rehearsal', finishReason: given.finishReason, usage };
  }

  private price(model: ModelName): PriceEntry {
    const price = this.options.prices.priceOf(model, this.now());
    if (!price) throw new ModelRefusedError('unknown_price', `no price is known for ${modelText(model)}; add it to the file that COUNTERSIGN_PRICES names`);
    return price;
  }

  /** Returns how long the answer may become: as long as was wanted, or as what was granted can pay. */
  private async reserve(callId: string, { budget }: ModelRequest, sizing: Sizing): Promise<number> {
    const wanted = reservationOf(sizing);
    const { granted, code, amounts = wanted.amounts } = await budget.reserve(callId, wanted);
    if (!granted) throw new ModelRefusedError(code, `the budget does not allow this call: ${code}`);
    return outputWithin(sizing, amounts);
  }

  private async call(model: ModelName, request: ModelRequest, heard: Heard): Promise<VendorAnswer> {
    const left = request.deadline.getTime() - this.now().getTime();
    if (left <= 0) throw new ModelCallError('deadline_exceeded', false, 'the deadline was over before the call began');
    const [late, unwanted] = [AbortSignal.timeout(left), request.signal ?? new AbortController().signal];
    try {
      return await this.options.vendors[model.provider](model, request, AbortSignal.any([late, unwanted, heard.tooLong]), (text) => heard.add(text));
    } catch (cause) {
      if (cause instanceof ModelRefusedError) throw cause;
      if (heard.tooLong.aborted) throw new ModelCallError('answer_too_long', false, `${modelText(model)} went on past the length that it was allowed`, { cause });
      if (unwanted.aborted) throw new ModelCallError('not_wanted', false, 'nobody waits for the answer any more', { cause });
      if (late.aborted) throw new ModelCallError('deadline_exceeded', true, `${modelText(model)} did not answer in time`, { cause });
      throw new ModelCallError('provider_failed', (cause as { isRetryable?: boolean }).isRetryable ?? true, `${modelText(model)} gave no answer`, { cause });
    }
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }
}

/** What a call used: as the provider counted, or estimated where it did not. */
function usageOf({ text, toolCalls, inputTokens, outputTokens }: VendorAnswer, { messages }: ModelRequest, price: PriceEntry): ModelUsage {
  const counted = inputTokens !== undefined && outputTokens !== undefined;
  const input = inputTokens ?? estimateInput(messages);
  const output = outputTokens ?? estimateTokens(text + (toolCalls.length > 0 ? JSON.stringify(toolCalls) : ''));
  return { inputTokens: input, outputTokens: output, usdMicros: costMicros(price, input, output), source: counted ? 'provider' : 'estimate' };
}

/** A call that failed on its way may have been billed for what was read, and for what was heard of an answer; one that was refused or answered with an error status was not. */
function failedUsage(cause: unknown, { messages }: ModelRequest, price: PriceEntry, heard: string): ModelUsage {
  const status = ((cause as { cause?: { statusCode?: number } }).cause ?? {}).statusCode;
  const notMade = cause instanceof ModelRefusedError || (cause instanceof ModelCallError && cause.cause === undefined);
  const input = notMade || (status !== undefined && heard === '') ? 0 : estimateInput(messages);
  const output = estimateTokens(heard);
  return { inputTokens: input, outputTokens: output, usdMicros: costMicros(price, input, output), source: 'estimate' };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });

/** Reads an answer by a schema. One that is none, or that could hold up everybody's work, is refused before anything is spent. */
function checkOf(schema: Readonly<Record<string, unknown>>): (text: string) => unknown {
  const problem = problemOf(schema);
  if (problem !== undefined) throw new ModelRefusedError('invalid_schema', `the schema of the answer cannot be used: ${problem}`);
  const validate = compiled(schema);
  return (text) => {
    const value = readJson(text);
    if (validate(value)) return value;
    const [first] = validate.errors ?? [];
    throw new ModelCallError('invalid_answer', true, `the model's answer does not fit its schema: ${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim());
  };
}

function compiled(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (cause) {
    throw new ModelRefusedError('invalid_schema', `the schema of the answer cannot be used: ${(cause as Error).message}`);
  } finally {
    ajv.removeSchema(schema); // each request brings a schema of its own: none is kept
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelCallError('invalid_answer', true, 'the model answered no JSON', { cause });
  }
}
