import type { EffectFault, EffectView } from '@countersign/contracts';

const CHANGED = 'It was not exactly what was approved any more, so it was not begun.';
const TOO_OLD = 'The yes was too old when it should have been carried out. It is asked again as soon as it can be.';
const SIGNATURE = 'The signature of the yes did not hold.';
const KEY = 'The key that signed the yes does not count.';
const PLACE = 'Where it should go is not allowed for this team.';
const SETUP = 'This installation is not set up for it: whoever runs it has to look.';
const FORM = 'What should be sent does not have the form that it needs.';
const STOPPED = 'The team or its goal was stopped meanwhile.';

/** What every code means that the executor can leave, for whoever approved. */
const WORDS: Readonly<Record<EffectFault, string>> = {
  approval_not_granted: 'Nobody’s yes was in force.',
  approval_expired: TOO_OLD,
  approval_used: 'The yes was used already.',
  approval_spent: 'The yes was used already.',
  approval_unused: 'It was not begun.',
  stale_epoch: STOPPED,
  goal_cancelled: STOPPED,
  goal_paused: STOPPED,
  digest_mismatch: CHANGED,
  manifest_invalid: CHANGED,
  tree_mismatch: CHANGED,
  effect_unsupported: SETUP,
  mirror_foreign: PLACE,
  remote_not_adopted: 'The repository is not one that this customer has taken up.',
  remote_invalid: 'The address of the repository cannot be used.',
  remote_not_allowed: PLACE,
  branch_invalid: 'The name of the branch cannot be used.',
  path_invalid: 'The folder cannot be used.',
  base_missing: 'What the work was based on is not there any more.',
  url_invalid: 'The address cannot be used.',
  content_type_invalid: FORM,
  sender_invalid: FORM,
  recipient_invalid: 'An address of those who should get it cannot be used.',
  subject_invalid: FORM,
  effect_not_allowed: PLACE,
  host_not_allowed: PLACE,
  sender_not_allowed: PLACE,
  recipient_not_allowed: PLACE,
  secret_missing: SETUP,
  too_large: 'It is larger than may be sent.',
  not_a_text: FORM,
  assertion_missing: SIGNATURE,
  assertion_invalid: SIGNATURE,
  assertion_late: TOO_OLD,
  assertion_spent: SIGNATURE,
  quorum_short: 'Fewer people had said yes than it takes.',
  entry_foreign: 'The record does not have the decision as it was carried out by.',
  approver_not_named: 'Somebody had said yes who was not asked.',
  key_unknown: KEY,
  key_foreign: KEY,
  key_ended: 'The key that signed the yes had ended when it should have been carried out. It is asked again as soon as it can be.',
  key_not_in_effect: KEY,
  key_unfit: KEY,
  tier_not_offered: SETUP,
  tier_too_low: 'The yes was given more lightly than its risk asks for.',
  tier_unmet: 'The yes was given more lightly than its risk asks for.',
  push_rejected: 'The repository did not take the branch.',
  branch_checked_out: 'Somebody has that branch open in the repository.',
  remote_moved: 'The branch has changed since: somebody else has written to it.',
  remote_silent: 'Where it should go gave no answer.',
  target_exists: 'There is something else there already.',
  host_unreachable: 'The receiver cannot be reached.',
  address_not_public: 'The address leads into a network that is not public.',
  post_refused: 'The receiver did not take it.',
  post_deferred: 'The receiver wants to be asked much later.',
  mail_refused: 'The mail server did not take it.',
  mail_unreachable: 'The mail server cannot be reached.',
  mail_deferred: 'The mail server put it off for too long.',
  answer_lost: 'It was sent, and no answer came.',
  gave_up: 'It was tried several times and did not get there.',
  not_there: 'A look showed that it did not get there.',
  settled_by_person: 'A person said so.',
};

/** What a code means that an effect ended with; a code of a newer executor is not said. */
export const effectFaultWords = (code: string): string => (Object.hasOwn(WORDS, code) ? WORDS[code as EffectFault] : '');

/** The same with what came of it. What was refused was never begun; of what was begun, whoever put it off or took none of it may have been sent all. */
export const endedWords = ({ state, code }: Pick<EffectView, 'state' | 'code'>): string => `${state === 'refused' ? 'Nothing left the team.' : 'It did not take effect.'} ${effectFaultWords(code ?? '')}`;
