/** Asking a model for what a bot could also do without: it never fails a task. */
import { open } from 'node:fs/promises';
import type { InboxFile, InboxMessage, ModelCompleteParams } from '@countersign/contracts/worker';
import { CUSTOMER_NOTE, WORKER_ERROR } from '@countersign/contracts/worker/protocol';
import { HostError, type Task, type WorkerContext } from './plugin.js';
import { quotedMail, quotedShared, type Beginning } from './quoted.js';

const ENDS: readonly number[] = [WORKER_ERROR.cancelled, WORKER_ERROR.interrupted];
/** Characters of a text among a message's files that a prompt may show, and the bytes that hold them at most. */
const MOST_OF_A_FILE = 4_000;
const BYTES_OF_A_FILE = 4 * MOST_OF_A_FILE;

/** The messages with `quoted` before the question. */
export function withQuoted(messages: ModelCompleteParams['messages'], quoted: string): ModelCompleteParams['messages'] {
  const asked = messages.findIndex(({ role }) => role === 'user');
  return messages.map((message, at) => (at === asked ? { ...message, content: quoted + message.content } : message));
}

/** What is said of the task: of its drafts once there is one; before that what the customer asks, and nobody else has anything to say. */
export const remarksOn = ({ round, notes = [] }: Pick<Task, 'round' | 'notes'>): readonly string[] => (round > 1 ? notes : notes.filter((note) => note.startsWith(CUSTOMER_NOTE)));

/** The same in a prompt; '' where nothing is said. */
export function saidOf(task: Pick<Task, 'round' | 'notes'>): string {
  const remarks = remarksOn(task);
  return remarks.length > 0 ? `\n\n${task.round > 1 ? 'A reviewer said of an earlier draft' : 'Beside the goal'}:\n${remarks.join('\n')}` : '';
}

/** The model's help during one task. What could not be had is said in the task's notes, once where the budget is short. */
export class ModelHelp {
  private short = false;
  private readonly beginnings = new Map<InboxFile, Beginning>();

  constructor(
    private readonly context: WorkerContext,
    private readonly task: Pick<Task, 'taskId' | 'shared'>,
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
    const mail = [...this.context.inbox.messages];
    await this.openFiles(mail);
    const { text, taken } = quotedMail(mail, this.beginnings);
    try {
      const { json } = await this.context.host.call('model/complete', { ...params, messages: withQuoted(params.messages, quotedShared(this.task.shared ?? []) + text), maxOutputTokens, taskId: this.task.taskId, optional: true });
      this.context.inbox.read(taken);
      return json;
    } catch (error) {
      if (!(error instanceof HostError) || ENDS.includes(error.rpcCode)) throw error;
      this.short = error.rpcCode === WORKER_ERROR.budgetExhausted;
      this.notes.push(`${about}: the model could not be used (${error.message}); ${instead}${this.short ? ', and no model is asked any more' : ''}.`);
      return undefined;
    }
  }

  /** Reads how the texts among the files begin, once. */
  private async openFiles(mail: readonly InboxMessage[]): Promise<void> {
    for (const file of mail.flatMap(({ files = [] }) => files)) {
      if (file.path === undefined || !file.media_type.startsWith('text/') || this.beginnings.has(file)) continue;
      try {
        this.beginnings.set(file, await beginningOf(file.path));
      } catch (error) {
        this.beginnings.set(file, { text: '', whole: false });
        this.notes.push(`${file.name} of a message could not be read: ${(error as Error).message}.`);
      }
    }
  }
}

async function beginningOf(path: string): Promise<Beginning> {
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(BYTES_OF_A_FILE + 1), 0, BYTES_OF_A_FILE + 1, 0);
  const text = new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true }); // a sign that is cut in its middle is left out
  return { text: text.slice(0, MOST_OF_A_FILE), whole: bytesRead <= BYTES_OF_A_FILE && text.length <= MOST_OF_A_FILE };
}

/** A JSON block that shows the form of the answer and the bot's own; it comes last, so that a rehearsal gives it back. */
export const ownAnswer = (value: object): string => `\n\nAnswer in this form; it holds what stands without you:\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``;
