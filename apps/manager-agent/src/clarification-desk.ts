import { principalOf } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { goalChanged, isStorable, questionAsked, uuidv7, type AnswerClarification, type AskClarification, type ClarificationAsked, type ClarificationGivenUp, type CommandReply, type GiveUpClarification } from '@countersign/contracts';
import { Database, type Tx } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { readAsking } from './adapters/postgres/agent-rows.js';
import { readAnsweredTeam } from './adapters/postgres/answer.js';
import { byPerson } from './adapters/postgres/by-person.js';
import { readAskedBefore, readBefore, readQuestion, readRecorded, readWondering, writeAnswer, writeGivenUp, writeQuestion, writeTaskEvent, type Wondering } from './adapters/postgres/clarifications.js';
import { readSending } from './adapters/postgres/member-mail.js';
import { atWork, type Agent } from './agent-desk.js';
import { mayAnswer } from './domain/answer-task.js';
import { isForRecords, judgeClarification, refusesAnswer, type JudgedClarification } from './domain/clarify.js';
import { MOST_A_MINUTE } from './domain/member-message.js';

const done: CommandReply = { ok: true, code: 'ok', message: '' };
const refused = (code: string, message: string): CommandReply => ({ ok: false, code, message });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What members ask while they work: their manager answers it, or puts it to a person, whose answer goes to who asked. Silence ends the waiting, and is no answer. */
@Injectable()
export class ClarificationDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The same call again is the same question. */
  async ask(request: AskClarification): Promise<ClarificationAsked> {
    if (!isStorable(request)) return refused('text_not_storable', 'A text holds U+0000 or half a character.');
    return this.database.withTeam(request.teamId, async (tx) => {
      const agent = atWork(await readAsking(tx, request));
      if ('ok' in agent) return agent;
      const known = await readAskedBefore(tx, request.callId, agent.instanceId);
      if (known) return { ...done, code: 'unchanged', questionId: request.callId, ...known };
      const around = await readWondering(tx, agent.instanceId);
      if (!around) return refused('no_task', 'This agent has no task of its own to ask about.');
      const judged = await this.judge(tx, request, agent, around);
      if (!judged.ok) return judged;
      await this.write(tx, request, agent, around, judged);
      return { ...done, questionId: request.callId, waitMs: judged.waitMs };
    }, { principal: principalOf({ kind: 'instance', id: request.instanceId }) });
  }

  private async judge(tx: Tx, { question, choices = [], to, waitMs }: AskClarification, agent: Agent, around: Wondering): Promise<JudgedClarification> {
    const wondered = { question, choices, waitMs, ...(to ? { to } : {}) };
    const before = around.managerId === null ? undefined : await readBefore(tx, around.taskId, question);
    const asksRecords = around.managerId !== null && before === undefined && isForRecords(wondered);
    const recorded = asksRecords ? await readRecorded(tx, agent.goalId, around, question) : undefined;
    return judgeClarification(wondered, { ...around, before, recorded });
  }

  private async write(tx: Tx, request: AskClarification, { memberId, goalId, instanceId }: Agent, { taskId, managerId, epoch }: Wondering, { of, waitMs, answer, reason }: Extract<JudgedClarification, { ok: true }>): Promise<void> {
    const { callId: questionId, question, teamId } = request;
    const about = { question_id: questionId, task_id: taskId, goal_id: goalId };
    const asManager = { actor: { kind: 'agent', id: managerId ?? '' } } as const;
    writeQuestion(tx, request, { memberId, taskId, of, waitMs });
    writeTaskEvent(tx, taskId, 'clarification_asked', memberId, { clarification: questionId, of });
    await this.audit(tx, 'MEMBER-CLARIFICATION-ASKED', { ...about, team_member_id: memberId, instance_id: instanceId, question_sha256: sha256(question) });
    if (answer !== undefined && managerId !== null) {
      const messageId = uuidv7();
      writeAnswer(tx, { taskId, memberId, question }, { messageId, questionId, from: { kind: 'lead', id: managerId }, text: answer });
      writeTaskEvent(tx, taskId, 'clarification_answered', managerId, { clarification: questionId });
      await this.audit(tx, 'MANAGER-CLARIFICATION-ANSWERED', { ...about, manager_id: managerId, message_id: messageId, content_sha256: sha256(answer) }, asManager);
    } else if (reason !== undefined && managerId !== null) await this.audit(tx, 'MANAGER-CLARIFICATION-FORWARDED', { ...about, manager_id: managerId, reason }, asManager);
    if (answer === undefined) publish(tx, questionAsked, { teamId }, { epoch, questionId }); // whoever waits for a person waits for minutes: they have to hear of it
    publish(tx, goalChanged, { teamId }, { epoch, goalId });
  }

  /** Nobody answered in time, as far as whoever asked knows, or it had to hear something else; an answer of the last moment stands, unless it was erased: that is said as what it is, and is no silence. */
  giveUp(request: GiveUpClarification): Promise<ClarificationGivenUp> {
    const { teamId, questionId, instanceId, outcome } = request;
    return this.database.withTeam(teamId, async (tx) => {
      const agent = await readAsking(tx, request);
      const asked = agent?.current === true ? await readQuestion(tx, questionId) : undefined;
      if (asked?.instanceId !== instanceId) return refused('question_unknown', 'This agent waits for no answer of that id.');
      if (asked.answered || asked.givenUp) {
        tx.ledgerOnly();
        return { ...done, code: 'unchanged', answered: asked.answered && !asked.erased, ...(asked.erased ? { erased: true } : {}) };
      }
      const { taskId, goalId, memberId, epoch } = asked;
      writeGivenUp(tx, questionId, outcome);
      writeTaskEvent(tx, taskId, outcome === 'timeout' ? 'clarification_expired' : 'clarification_withdrawn', memberId, { clarification: questionId });
      await this.audit(tx, 'CLARIFICATION-EXPIRED', { question_id: questionId, task_id: taskId, goal_id: goalId, instance_id: instanceId, outcome });
      publish(tx, goalChanged, { teamId }, { epoch, goalId });
      return { ...done, answered: false };
    }, { principal: principalOf({ kind: 'instance', id: instanceId }) });
  }

  /** A person's answer; the same again is the same one. Only of the customer's governors, who read what is asked: whoever coordinates the team is shown no words of it. */
  async answer(request: AnswerClarification): Promise<CommandReply> {
    const { teamId, questionId, messageId, by, text } = request;
    if (!isStorable(request)) return refused('text_not_storable', 'A text holds U+0000 or half a character.');
    return this.database.withTeam(teamId, async (tx) => {
      const [team, sending, asked] = [await readAnsweredTeam(tx), await readSending(tx, { messageId, by, kind: 'message' }), await readQuestion(tx, questionId)];
      const forbidden = mayAnswer(by, team && { ...team, coordinator: null });
      if (forbidden) return forbidden;
      if (!asked) return refused('not_found', 'Nobody of the team asked that.');
      if (sending.known) return { ...done, code: 'unchanged' };
      const unfit = refusesAnswer(asked, text, sending.lately, MOST_A_MINUTE);
      if (unfit) return unfit;
      const { taskId, goalId, epoch } = asked;
      writeAnswer(tx, asked, { messageId, questionId, from: { kind: 'person', id: by.personId }, text });
      writeTaskEvent(tx, taskId, 'clarification_answered', by.personId, { clarification: questionId });
      await this.audit(tx, 'CLARIFICATION-ANSWERED', { question_id: questionId, task_id: taskId, goal_id: goalId, message_id: messageId, content_sha256: sha256(text) });
      publish(tx, goalChanged, { teamId }, { epoch, goalId });
      return done;
    }, byPerson(by));
  }
}
