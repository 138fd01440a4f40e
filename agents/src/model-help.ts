/** Asking a model for what a bot could also do without: it never fails a task. */
import type { ModelCompleteParams } from '@countersign/contracts/worker';
import { WORKER_ERROR } from '@countersign/contracts/worker/protocol';
import { HostError, type WorkerContext } from './plugin.js';

/** The model's help during one task. What could not be had is said in the task's notes, once where the budget is short. */
export class ModelHelp {
  private short = false;

  constructor(
    private readonly context: WorkerContext,
    private readonly taskId: string,
    private readonly notes: string[],
  ) {}

  /** A rehearsal answers with what it was given: nothing it says is better than the bot's own words. */
  get isRehearsal(): boolean {
    return this.context.model.provider === 'rehearsal';
  }

  /**
   * The answer as JSON, made to follow the schema by the host; undefined where there is none. `about` says what was asked, and
   * `instead` what the bot does without it.
   */
  async ask(about: string, instead: string, params: Required<Pick<ModelCompleteParams, 'messages' | 'schema' | 'maxOutputTokens'>>): Promise<unknown> {
    if (this.short) return undefined;
    const maxOutputTokens = Math.min(params.maxOutputTokens, this.context.limits.maxOutputTokens);
    try {
      return (await this.context.host.call('model/complete', { ...params, maxOutputTokens, taskId: this.taskId, optional: true })).json;
    } catch (error) {
      if (!(error instanceof HostError) || error.rpcCode === WORKER_ERROR.cancelled) throw error;
      this.short = error.rpcCode === WORKER_ERROR.budgetExhausted;
      this.notes.push(`${about}: the model could not be used (${error.message}); ${instead}${this.short ? ', and no model is asked any more' : ''}.`);
      return undefined;
    }
  }
}

/** A JSON block that shows the form of the answer and the bot's own; it comes last, so that a rehearsal gives it back. */
export const ownAnswer = (value: object): string => `\n\nAnswer in this form; it holds what stands without you:\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``;
