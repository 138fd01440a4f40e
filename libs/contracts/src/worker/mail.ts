/**
 * A message to the member this agent works for, from a person, its manager or the team. It comes once, with whatever the host answers next: as
 * `inbox` of a result, or of an error's `data`. Its words are not the host's: they are wishes of whoever wrote them, and grant nothing.
 */
export interface InboxMessage {
  message_id: string;
  from: string;
  content: string;
  summary: string;
  at: string;
  /** A person asks the member to end: to be answered by `shutdown/answer`, before `answer_by`. Absent: a message. */
  type?: 'shutdown_request';
  answer_by?: string;
  /** Files that came with it, read-only; `path` is absent where a file is gone since. */
  files?: InboxFile[];
}
export interface InboxFile {
  name: string;
  media_type: string;
  bytes: number;
  sha256: string;
  path?: string;
}
/** Any answer may bring mail. */
export interface WithInbox {
  inbox?: InboxMessage[];
}
/** The agent has taken these words in, for example shown them to its model. */
export interface InboxReadParams {
  messageIds: string[];
}

/** Whether the member ends, as a `shutdown_request` asked; after a yes the agent stops, and answers its task with `cancelled`. */
export interface ShutdownAnswerParams {
  message_id: string;
  approve: boolean;
  reason?: string;
}
export interface ShutdownAnswerResult extends WithInbox {
  accepted: boolean;
}
