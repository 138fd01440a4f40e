import { usdToMicros } from '@countersign/contracts';
import { modelsFromEnv, type ModelBudget, type ModelPort, type Reservation } from '@countersign/models';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { HelpdeskFacts } from '../../domain/facts.js';
import { picked, PICK_SCHEMA, prompt } from '../../domain/understand.js';

/** A customer waits: who does not answer by then is not waited for. */
const ANSWER_MS = 6_000;
const MAX_OUTPUT_TOKENS = 60;
const USD_A_DAY = 1;
const DAY_MS = 86_400_000;

export const HELPDESK_MODEL = Symbol('the model that helps to understand questions, or none');
export interface HelpdeskModel {
  readonly models: ModelPort;
  readonly usdMicrosADay: number;
}

/** Only where an operator names one: a customer's question then goes to its provider, with what the helpdesk may say anyway. */
export function helpdeskModelOf(env: Readonly<Record<string, string | undefined>>): HelpdeskModel | undefined {
  const model = env['COUNTERSIGN_HELPDESK_MODEL'];
  if (!model) return undefined;
  const usd = Number(env['COUNTERSIGN_HELPDESK_USD_PER_DAY'] ?? USD_A_DAY);
  if (!Number.isFinite(usd) || usd < 0) throw new TypeError('COUNTERSIGN_HELPDESK_USD_PER_DAY is not a sum');
  return { models: modelsFromEnv({ ...env, COUNTERSIGN_MODEL: model }), usdMicrosADay: usdToMicros(usd) };
}

/** What one process may spend on one day; the platform pays, no team does. A process that starts anew begins anew. */
export class DayBudget implements ModelBudget {
  private day = 0;
  private spent = 0;
  private readonly held = new Map<string, number>();

  constructor(
    private readonly most: number,
    private readonly now: () => number = Date.now,
  ) {}

  reserve(callId: string, { amounts }: Reservation): Promise<{ granted: boolean; code: string }> {
    const today = Math.floor(this.now() / DAY_MS);
    if (today !== this.day) [this.day, this.spent] = [today, 0];
    const wanted = amounts.usd_micros ?? 0;
    const granted = this.spent + [...this.held.values()].reduce((sum, one) => sum + one, 0) + wanted <= this.most;
    if (granted) this.held.set(callId, wanted);
    return Promise.resolve({ granted, code: granted ? 'ok' : 'budget_exhausted' });
  }

  settle(callId: string, { usdMicros }: { readonly usdMicros: number }): Promise<void> {
    this.held.delete(callId);
    this.spent += usdMicros;
    return Promise.resolve();
  }
}

/** Asks a model what a question means, where there is one. Whatever goes wrong, the helpdesk understands by itself. */
@Injectable()
export class Understanding {
  private readonly budget: DayBudget;

  constructor(
    @Inject(HELPDESK_MODEL) private readonly model: HelpdeskModel | undefined,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.budget = new DayBudget(model?.usdMicrosADay ?? 0);
  }

  get helps(): boolean {
    return this.model !== undefined;
  }

  /** The names of what answers it; undefined: none was picked. */
  async of(question: string, facts: HelpdeskFacts, answerMs = ANSWER_MS): Promise<readonly string[] | undefined> {
    if (!this.model) return undefined;
    try {
      const { json } = await this.model.models.complete({ messages: prompt(question, facts), schema: PICK_SCHEMA, maxOutputTokens: MAX_OUTPUT_TOKENS, deadline: new Date(Date.now() + answerMs), budget: this.budget });
      return picked(json);
    } catch (cause) {
      this.log.warn({ error: String(cause) }, 'no model helped to understand a question; it is answered without');
      return undefined;
    }
  }
}
