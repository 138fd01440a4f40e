import { faultOf, refuseOutgoing, type GoalEffectBody, type NamedEffect, type OutgoingEffect, type OutgoingFault, type OutgoingRefusal, type Outlets } from '@countersign/contracts';

export interface NotNamed {
  readonly code: OutgoingFault | OutgoingRefusal | 'effect_invalid';
  readonly message: string;
}

const TYPES: readonly (readonly [ending: string, type: string])[] = [['.json', 'application/json'], ['.xml', 'application/xml'], ['.html', 'text/html; charset=utf-8'], ['.md', 'text/markdown; charset=utf-8'], ['.csv', 'text/csv; charset=utf-8'], ['.txt', 'text/plain; charset=utf-8']];
const typeOf = (path: string): string => TYPES.find(([ending]) => path.endsWith(ending))?.[1] ?? 'application/octet-stream';

const MEMBERS: Readonly<Record<NamedEffect['kind'], readonly (keyof GoalEffectBody)[]>> = {
  'git.push': [],
  'file.publish': [],
  'http.post': ['url', 'contentType', 'body'],
  'email.send': ['to', 'cc', 'subject', 'body', 'attachments'],
};

const WORDS: Readonly<Record<NotNamed['code'], string>> = {
  effect_invalid: 'The effect has a member that it does not know, or lacks one that it needs.',
  url_invalid: 'The address is no plain https URL of a named host, written as a browser would write it.',
  content_type_invalid: 'The content type is no plain media type.',
  path_invalid: 'A path leads elsewhere, or stands there twice.',
  sender_invalid: 'The operator’s sender is no e-mail address.',
  recipient_invalid: 'A recipient is no bare e-mail address in lower-case ASCII, or stands there twice, or there is none or too many.',
  subject_invalid: 'The subject is not one visible line of at most 200 characters.',
  effect_not_allowed: 'The operator of this installation lets nothing of the kind leave for this customer.',
  host_not_allowed: 'The operator does not let webhooks go to this host for this customer.',
  sender_not_allowed: 'The operator lets nothing leave from this address.',
  recipient_not_allowed: 'The operator does not let e-mails go to the domain of each recipient for this customer.',
};
const not = (code: NotNamed['code']): NotNamed => ({ code, message: WORDS[code] });

/** The whole effect of what a person wrote, or why it cannot be one. Whom an e-mail is from is the operator's word. */
export function nameEffect(said: GoalEffectBody, outlets: Outlets): NamedEffect | NotNamed {
  const { kind } = said;
  const strange = Object.entries(said).some(([name, value]) => name !== 'kind' && value !== undefined && !MEMBERS[kind].includes(name as keyof GoalEffectBody));
  if (strange) return not('effect_invalid');
  if (kind === 'git.push' || kind === 'file.publish') return { kind };
  if (kind === 'http.post' ? outlets.http.length === 0 : outlets.email === undefined) return not('effect_not_allowed');
  const effect = wholeOf(said, outlets);
  if (!effect) return not('effect_invalid');
  const wrong = faultOf(effect) ?? refuseOutgoing(effect, outlets);
  return wrong === undefined ? effect : not(wrong);
}

function wholeOf({ kind, url, contentType, to, cc = [], subject, body, attachments = [] }: GoalEffectBody, { email }: Outlets): OutgoingEffect | undefined {
  if (body === undefined) return undefined;
  if (kind === 'http.post') return url === undefined ? undefined : { kind, url, contentType: contentType ?? typeOf(body), body };
  return kind === 'email.send' && to && subject !== undefined ? { kind, from: email!.from, to, cc, subject, body, attachments } : undefined;
}
