import type { HelpdeskFacts } from './facts.js';
import { counted, goalLines, listed, reasonText, restText, sentence, standing } from './phrases.js';

/** One kind of question: how people ask it, and what the facts answer. */
export interface Intent {
  readonly name: string;
  readonly asks: RegExp;
  readonly reply: (facts: HelpdeskFacts) => string;
}

const WHO_DECIDES = 'The platform governor or Genesis, the platform’s certification, can reactivate the team or dissolve it. A governor of your side can cancel it, also while it is suspended.';

const approvalsText = ({ approvals: { waiting, granted, withdrawn } }: HelpdeskFacts): string => {
  const open = waiting + granted === 0 ? 'No approval is waiting for an answer or for its use.' : `${sentence(counted(waiting, 'approval'))} ${waiting === 1 ? 'is' : 'are'} still recorded as waiting and ${granted} as granted and not used; a suspended team can use none of them.`;
  const gone = withdrawn === 0 ? 'None was withdrawn so far.' : `${sentence(counted(withdrawn, 'approval'))} ${withdrawn === 1 ? 'has' : 'have'} been withdrawn so far.`;
  return `${open} ${gone} A withdrawn approval is neither a yes nor a no: after a reactivation the team has to ask you again, and you then have the time that was left.`;
};

const effectsText = ({ effects }: HelpdeskFacts): string => {
  const { executed = 0, started = 0, unknown = 0 } = effects;
  const done = executed === 0 ? 'No external action of this team is recorded as executed.' : `${sentence(counted(executed, 'external action'))} of this team ${executed === 1 ? 'is' : 'are'} recorded as executed, each with your side’s approval.`;
  const open = started + unknown === 0 ? 'None is under way.' : `${started} ${started === 1 ? 'is' : 'are'} recorded as begun and not finished, and the outcome of ${unknown} is not known; I cannot say more about them.`;
  return `${done} ${open} While the team is suspended no new one can begin.`;
};

const progressText = (facts: HelpdeskFacts): string => {
  const { goals, finished } = facts;
  const over = Object.entries(finished).map(([state, n]) => `${n} ${state}`);
  const past = over.length === 0 ? 'No goal of this team is finished yet.' : `Finished goals: ${listed(over)}.`;
  return goals.length === 0 ? `There is no unfinished goal. ${past}` : [...goalLines(goals), past].join(' ');
};

/**
 * In the order in which they are answered when one message asks several things. The first group is about what the helpdesk
 * itself can and cannot do: a request to act is answered before any news.
 */
export const INTENTS: readonly Intent[] = [
  {
    name: 'cannot-approve',
    asks: /\b(can|could|would|will|please)\b.*\b(approve|deny|reject|countersign|sign off)\b|^(approve|deny|reject)\b|\bapprove (everything|all|it|this|that|them)\b/,
    reply: () => 'I cannot approve or deny anything: I have no such function. Approvals are decided by you, as the customer’s governor, on your own device, and only while the team is active.',
  },
  {
    name: 'cannot-enrol',
    asks: /\b(enrol|enroll|re-?enrol|re-?enroll|register|add|trust|confirm|reset|recover|unlock|skip|bypass|shorten|disable|remove)\b.*\b(phone|device|passkey|key|hold|waiting time)\b|\b(lost|new|stolen|broken) (my )?(phone|device|passkey|key)\b|\b(lost|broke) my (phone|device|passkey|key)\b/,
    reply: () => 'I cannot enrol, confirm or remove a device or a key, nor shorten the time that a new one waits before it counts. You do that yourself on the page “Me”; a device that is lost you remove there, from any other one.',
  },
  {
    name: 'cannot-lower',
    asks: /\b(lower|reduce|drop|raise|skip|bypass|ignore|change|set|weaken)\b.*\b(tier|approval policy|quorum|signature|second person|four eyes)\b/,
    reply: () => 'I cannot change what an approval needs. That is computed from what is to happen outside, by a policy that only the platform governor changes.',
  },
  {
    name: 'cannot-resume',
    asks: /\b(reactivate|re-?start|resume|unsuspend|un-?pause|lift|bring (it|them|the team|my team|everyone) back|switch .* on|start .* again|turn .* on|wake .* up)\b/,
    reply: () => `I cannot reactivate the team. ${WHO_DECIDES} It goes on from where its records stand.`,
  },
  {
    name: 'cannot-end',
    asks: /\b(dissolve|disband|terminate|unsubscribe|quit)\b|\b(cancel|end|close|stop) (the |my |our |this )?(team|subscription|contract|account)\b/,
    reply: () => 'I cannot dissolve the team or cancel anything. You can, as a governor of your side, and nobody else has to agree: open the team’s page and choose “Cancel the team”. Everything then stops for good, and it costs nothing more. What it has made is kept, and can be saved; its record stays.',
  },
  {
    name: 'cannot-start-work',
    asks: /\b(new|another|next|submit|start|give|add|create)\b.*\b(goal|task|job|assignment|ticket|work)\b/,
    reply: () => 'A suspended team takes no new work, and I cannot take it for the team. Once it is active again you can submit a goal on its page.',
  },
  {
    name: 'cannot-act',
    asks: /\b(can|could|would|will) you\b.*\b(fix|do|run|push|execute|deploy|finish|change|write|send|delete|undo|cancel|merge|publish|commit|retry|repair|complete|remove|update|make|continue|give me a refund|refund)\b|^(please )?(fix|run|push|execute|deploy|finish|send|delete|undo|merge|publish|commit|retry|repair)\b/,
    reply: () => 'I cannot do that: I can only talk. I cannot run, change, send, push or spend anything, for anybody. Work is done by the team once it is active again, and what leaves the team needs your approval.',
  },
  {
    name: 'cannot-see-content',
    asks: /\b(show|see|read|open|look at|send me|give me|paste|what does|what do)\b.*\b(code|file|files|diff|draft|drafts|document|documents|artifact|artifacts|content|contents|output|outputs|changes|branch|text|source)\b|\bwhat did \w+ write\b/,
    reply: () => 'I cannot see any of the team’s content: no files, drafts or differences, only titles, states and counts. You can open them yourself on the goal’s page.',
  },
  {
    name: 'privacy',
    asks: /\bwhat (can|do) you (see|know|have access)\b|\b(do|can) you (have access|see my|read my|know my)\b|\b(privacy|confidential|recorded|logged|who reads)\b|\bare you (listening|recording)\b/,
    reply: () => 'I see the team’s name and state, the titles and states of tasks, the members’ names, and counts. I see no files, drafts, approvals’ content or money. Every message here and every answer is recorded in the team’s audit trail.',
  },
  {
    name: 'person',
    asks: /\b(human|real person|a person|somebody|someone|people|agent on the phone|call me|phone|contact|speak to|talk to|talk with|speak with|supervisor|complain|complaint|escalate)\b/,
    reply: () => `I am a program and I cannot put you through to a person from this chat. You can leave a message for one: it goes to a governor of the platform, who answers it. ${WHO_DECIDES} What you write here is recorded in the team’s audit trail, word for word.`,
  },
  {
    name: 'identity',
    asks: /\b(who|what) are you\b|\bare you (a |an )?(bot|robot|human|person|ai|machine|real|program)\b|\byour name\b/,
    reply: ({ team }) => `I am the helpdesk of ${team.name}: a program that answers while the team is suspended. I can explain where things stand; I cannot act, and I see no content.`,
  },
  {
    name: 'reason',
    asks: /\bwhy\b(?!.*\b(not|can't|cannot) (you|i)\b)|\breason\b|\bwhat happened\b|\bwhat went wrong\b|\bcause\b|\bwho (suspended|stopped|decided|did)\b|\bfault\b|\bwhose decision\b/,
    reply: (facts) => `${reasonText(facts)} More than that I do not know.`,
  },
  {
    name: 'when',
    asks: /\bwhen (will|can|does|do|is|are)\b|\bhow (long|soon)\b(?!.*\b(been|ago|since)\b)|\beta\b|\b(deadline|timeline|time ?frame)\b|\bback (online|up|to work)\b|\bhow many (days|hours)\b/,
    reply: (facts) => `I have no date for that and will not guess one. ${WHO_DECIDES} ${standing(facts)}`,
  },
  {
    name: 'since',
    asks: /\bsince when\b|\bhow long (has|have|is|was)\b|\bwhen (was|were|did)\b|\bhow long ago\b/,
    reply: standing,
  },
  {
    name: 'next',
    asks: /\b(what|what's|whats)\b.*\b(next|now|plan|happen)\b(?!ed)|\bnext steps?\b|\bplan\b|\bwhat should i do\b|\bwhat can i do\b|\bdo i (need|have) to\b/,
    reply: ({ session }) => `The plan for this team says: ${session.plan} ${WHO_DECIDES} Nothing is asked of you that I know of.`,
  },
  {
    name: 'decider',
    asks: /\bwho (can|could|decides|is able|is responsible|is in charge|has to|must|will decide|do i ask)\b|\bresponsible\b|\bin charge\b/,
    reply: () => `${WHO_DECIDES} That governor can also suspend a team and approve its work, but not reactivate it.`,
  },
  {
    name: 'kept',
    asks: /\b(lost|lose|losing|gone|deleted|kept|keep|safe|preserved|saved|survive|wiped|start over|from scratch)\b|\bmy (work|data|results)\b/,
    reply: (facts) =>
      `What was handed in before the suspension is kept in the records: tasks, drafts, checks, decisions and the audit trail. What a member was working on and had not handed in is done again after a reactivation. ${facts.goals.length > 0 ? goalLines(facts.goals).join(' ') : 'There is no unfinished goal.'}`,
  },
  {
    name: 'running',
    asks: /\b(still|anything|something|currently|at the moment|right now)\b.*\b(running|working|active|going on)\b|\bis (it|anything|something) (still )?(running|working|active)\b|\b(running|working|active)\b.*\b(now|still|at the moment)\b|\bdoes \w+ (still )?work\b/,
    reply: (facts) => `${restText(facts)} ${standing(facts)}`,
  },
  {
    name: 'effects',
    asks: /\b(push|pushed|sent|published|executed|deployed|delivered|released|gone out|left the team|go live|went live)\b/,
    reply: effectsText,
  },
  {
    name: 'approvals',
    asks: /\bapprov(al|als|ed|e)\b|\bcountersign(ed)?\b|\brequest(s|ed)? (from|to) me\b/,
    reply: approvalsText,
  },
  {
    name: 'cost',
    asks: /\b(cost|costs|price|pay|paying|paid|charge|charged|bill|billed|billing|invoice|money|refund|budget|spend|spent|spending)\b/,
    reply: (facts) => `I see no money figures, so I can say nothing about costs, charges or refunds. ${restText(facts)} The team’s spending is shown on its page.`,
  },
  {
    name: 'members',
    asks: /\b(members?|who (is|are|was|were) (in|on|part|working)|which agents?|bots?|colleagues|team ?mates?|manager)\b|\bwho works\b/,
    reply: (facts) => {
      const { members } = facts;
      return members.length === 0 ? 'No members are recorded for this team.' : `The team has ${counted(members.length, 'member')}: ${members.map(({ name, skill }) => `${name} (${skill})`).join(', ')}. None of them can talk to you here. ${restText(facts)}`;
    },
  },
  {
    name: 'progress',
    asks: /\b(progress|far|finished|done|completed?|unfinished|open|left|remaining|tasks?|goals?|to-?do|blocked|stuck|achieved)\b/,
    reply: progressText,
  },
  {
    name: 'status',
    asks: /\b(status|state|situation|update|summary|overview|what's up|going on|how (is|are)|what is (this|happening)|suspended|suspension|paused|stopped)\b/,
    reply: (facts) => [standing(facts), reasonText(facts), restText(facts), progressText(facts)].join(' '),
  },
  {
    name: 'abilities',
    asks: /\b(help|what can (you|i ask)|how can you|what do you do|options|commands?)\b/,
    reply: () => ABILITIES,
  },
];

export const ABILITIES =
  'I can tell you where the team stands, why and since when it is suspended, what is kept, what is unfinished, what happens next and who decides, and what became of approvals. I cannot act, approve, show content or promise dates.';
