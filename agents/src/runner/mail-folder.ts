import type { InboxMessage } from '@countersign/contracts/worker';
import type { Inbox, TaskOutcome } from '../plugin.js';

/** What was written to the agent while it works on one task. */
export class MailFolder implements Inbox {
  messages: InboxMessage[] = [];
  private unread: InboxMessage[] = [];

  constructor(private readonly tell: (messageIds: string[]) => void) {}

  /** A new task: what an earlier one has read is not its business, what that one did not read is. */
  open(): void {
    this.messages = [...this.unread];
  }

  add(inbox: readonly InboxMessage[] = []): void {
    this.messages.push(...inbox);
    this.unread.push(...inbox);
  }

  read(messages: readonly InboxMessage[]): void {
    const ids = this.unread.filter((each) => messages.includes(each)).map(({ message_id }) => message_id);
    this.unread = this.unread.filter((each) => !messages.includes(each));
    for (let from = 0; from < ids.length; from += MOST_AT_ONCE) this.tell(ids.slice(from, from + MOST_AT_ONCE));
  }

  /** An outcome says what was left unread: nobody shall believe it was heeded. */
  noted(outcome: TaskOutcome): TaskOutcome {
    const words = this.unread.filter(({ from }) => from === 'user'); // what the lead says also stands in the task's notes
    if (words.length === 0) return outcome;
    return { ...outcome, notes: [...(outcome.notes ?? []), `Not taken into account: ${words.length} message(s) from a person; no model was asked after they came, or they had no room in what it was asked.`] };
  }
}

const MOST_AT_ONCE = 50;
