import { principalOf } from '@countersign/audit';
import { isStorable, refusesFiles, SHUTDOWN_WAIT, type AnswerShutdown, type ArchiveMessages, type CommandReply, type EraseMessage, type MailTaken, type MemberId, type MessagesPutAway, type SendToMember, type TakeMail, type TeamId } from '@countersign/contracts';
import { attachmentsTurn, Database, readTeamTerms, sql, type Tx } from '@countersign/database';
import { AUDIT, forEachOf, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { readAsking, readRoster } from './adapters/postgres/agent-rows.js';
import { readAnsweredTeam } from './adapters/postgres/answer.js';
import { byPerson } from './adapters/postgres/by-person.js';
import { asMail, eraseWords, noteDelivered, noteEnding, putAway, readCopies, readEndAsked, readEnding, readErasable, readHandedIn, readOld, readSending, readWritten } from './adapters/postgres/member-mail.js';
import { mayAnswer } from './domain/answer-task.js';
import { fitMail } from './domain/fit-list.js';
import { judgeWritten } from './domain/member-message.js';

const done: CommandReply = { ok: true, code: 'ok', message: '' };
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const refused = (code: string, message: string): CommandReply => ({ ok: false, code, message });

/** What people write to members: kept until it is put away, with what became of it for each of them. Members answer their manager, never a person (P8). */
@Injectable()
export class MailDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The same message again is the same message. */
  send(request: SendToMember): Promise<CommandReply> {
    const { teamId, messageId, by, kind, to, text, summary, taskId, stopped = false, attachments = [], waitSeconds = SHUTDOWN_WAIT.usual } = request;
    if (!isStorable(request)) return Promise.resolve(refused('text_not_storable', 'A text holds U+0000 or half a character.'));
    return this.database.withTeam(teamId, async (tx) => {
      const [team, roster, facts, , files] = await Promise.all([readAnsweredTeam(tx), readRoster(tx), readSending(tx, request), attachments.length > 0 ? attachmentsTurn(tx) : undefined, readHandedIn(tx, attachments)]);
      const ends = kind === 'shutdown' && to ? await readEnding(tx, to) : undefined;
      const forbidden = mayAnswer(by, team);
      if (forbidden) return forbidden;
      if (facts.known) return { ...done, code: 'unchanged' };
      const judged = judgeWritten({ text, stopped, ends, ...facts, ...(to ? { to } : {}) }, roster);
      if (!judged.ok) return judged;
      const unfit = files.length < new Set(attachments.map(({ sha256 }) => sha256)).size ? refused('attachment_unknown', 'Hand in a file before it goes with a message.') : refusesFiles(attachments.map((file) => files.find(({ sha256 }) => sha256 === file.sha256)!));
      if (unfit) return { ok: false, ...unfit };
      tx.write(sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text, summary, due_at)
        values (${teamId}, ${messageId}, ${kind}, 'person', ${by.personId}, ${to ?? null}, ${taskId ?? null}, ${text}, ${summary}, case when ${kind === 'shutdown'} then clock_timestamp() + make_interval(secs => ${waitSeconds}) end)`);
      tx.write(sql`insert into app.message_receipt (team_id, message_id, member_id) select ${teamId}::uuid, ${messageId}::uuid, unnest(${[...judged.recipients]}::uuid[])`);
      for (const [at, { sha256, name }] of attachments.entries()) tx.write(sql`insert into app.message_attachment (team_id, message_id, ordinal, sha256, name) values (${teamId}, ${messageId}, ${at + 1}, ${Buffer.from(sha256, 'hex')}, ${name})`);
      await this.audit(tx, 'MEMBER-MESSAGE', { message_id: messageId, kind, recipients: judged.recipients.length, content_sha256: hashOf(text), ...(attachments.length === 0 ? {} : { attachments_sha256: attachments.map(({ sha256 }) => sha256).join(' ') }) });
      return done;
    }, byPerson(by));
  }

  /** For good, with what the lead gave of them again, and whatever becomes of the team; an agent that was given them has them. */
  erase({ teamId, messageId, by }: EraseMessage): Promise<CommandReply> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, team, message] = await Promise.all([attachmentsTurn(tx), readAnsweredTeam(tx), readErasable(tx, messageId)]);
      const forbidden = mayAnswer(by, team);
      if (forbidden && forbidden.code !== 'team_not_active') return forbidden;
      if (!message) return refused('not_found', 'There is no such message.');
      if (message.erased) return { ...done, code: 'unchanged' };
      for (const { id, text, files = 0 } of [{ id: messageId, ...message }, ...(await readCopies(tx, messageId))]) {
        eraseWords(tx, id);
        await this.audit(tx, 'MEMBER-MESSAGE-ERASED', { message_id: id, content_sha256: hashOf(text), attachments: files });
      }
      return done;
    }, byPerson(by));
  }

  archive({ teamId, by, upTo }: ArchiveMessages): Promise<MessagesPutAway> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, count] = await Promise.all([readAnsweredTeam(tx), readOld(tx, upTo)]);
      const forbidden = mayAnswer(by, team);
      if (forbidden && forbidden.code !== 'team_not_active') return forbidden; // tidying up is no work
      if (count === 0) return { ...done, code: 'unchanged', count };
      putAway(tx, upTo);
      await this.audit(tx, 'MEMBER-MESSAGES-ARCHIVED', { team_id: teamId, up_to: upTo, messages: count });
      return { ...done, count };
    }, byPerson(by));
  }

  /** Of every team what nobody has put away for so long. */
  async putAwayOld(): Promise<void> {
    const { terms: { messages } } = await readTeamTerms(this.database);
    await forEachOf(await this.database.ops<{ team_id: TeamId; up_to: string }>('mail_overdue', messages.keptDays), ({ team_id: teamId, up_to }) =>
      this.database.withTeam(teamId, async (tx) => {
        const upTo = Number(up_to);
        const count = await readOld(tx, upTo);
        tx.ledgerOnly();
        if (count === 0) return;
        putAway(tx, upTo);
        await this.audit(tx, 'MEMBER-MESSAGES-ARCHIVED', { team_id: teamId, up_to: upTo, messages: count });
      }));
  }

  /** An agent says yes or no to the end that a person asked for: once, for its member. */
  answerShutdown(request: AnswerShutdown): Promise<CommandReply> {
    if (!isStorable(request)) return Promise.resolve(refused('text_not_storable', 'A text holds U+0000 or half a character.'));
    return this.database.withTeam(request.teamId, async (tx) => {
      const agent = await readAsking(tx, request);
      if (!agent?.memberId || !agent.current || agent.state !== 'running') return ended();
      return (await sayEnding(tx, this.audit, request, agent.memberId)) ? done : refused('request_unknown', 'Nothing of that id asks this agent to end.');
    }, { principal: principalOf({ kind: 'instance', id: request.instanceId }) });
  }

  /** Notes what this agent says it was given, and answers what waits for it: the same again until it is said. Also who has ended says what came before. */
  take(request: TakeMail): Promise<MailTaken> {
    return this.database.withTeam(request.teamId, async (tx) => {
      const agent = await readAsking(tx, request);
      tx.ledgerOnly();
      if (!agent?.memberId || !agent.current) return ended();
      noteDelivered(tx, request, agent.memberId);
      if (agent.state !== 'running') return request.delivered?.length || request.read?.length ? done : ended();
      const said = new Set([...(request.delivered ?? []), ...(request.read ?? [])]);
      const fits = fitMail((await readWritten(tx, request, true)).filter(({ id }) => !said.has(id)), asMail);
      const mail = fits.toSorted((a, b) => a.seq - b.seq); // however they were chosen: the newest wish stands last, so that it holds
      return { ...done, messages: mail.map(asMail), interrupts: mail.filter(({ interrupts }) => interrupts).map(({ id }) => ({ id })) };
    }, { principal: principalOf({ kind: 'instance', id: request.instanceId }) });
  }
}

const ended = (): CommandReply => refused('instance_ended', 'This agent does not work for a member of the team.');

/** False where nobody asked that of the member, or it has answered otherwise; the same again is the same answer. */
export async function sayEnding(tx: Tx, audit: Audit, { messageId, instanceId, approve, reason = '' }: Pick<AnswerShutdown, 'messageId' | 'instanceId' | 'approve' | 'reason'>, memberId: MemberId): Promise<boolean> {
  const asked = await readEndAsked(tx, { instanceId }, messageId);
  if (asked?.approve !== null) {
    tx.ledgerOnly();
    return asked?.approve === approve;
  }
  noteEnding(tx, { instanceId }, memberId, { messageId, approve, reason });
  await audit(tx, 'MEMBER-SHUTDOWN-ANSWERED', { message_id: messageId, team_member_id: memberId, instance_id: instanceId, approve, ...(reason === '' ? {} : { reason_sha256: hashOf(reason) }) });
  return true;
}
