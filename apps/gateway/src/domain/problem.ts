import { AppError, InvalidInputError, MalformedIdError, NotFoundError, RefusedError, type Problem, type Violation } from '@countersign/contracts';

/** The caller's words for a refusal that belongs to HTTP alone: a header that is missing, a body too large. */
export class HttpRefusal extends AppError {
  readonly retryable = false;
  constructor(
    readonly code: string,
    message: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
  /** Where the code alone does not say it. */
  readonly status?: number;
}

/** Status per stable code of what is expected; a refusal that is not listed is 409. Anything else is 503 when it may pass, or 500. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_json: 400,
  invalid_template_id: 400,
  bad_request: 400,
  invalid_input: 422,
  malformed_id: 404,
  idempotency_key_missing: 400,
  signed_out: 401,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
  token_not_bound: 401,
  forbidden: 403,
  not_eligible: 403,
  not_allowed: 403,
  not_permitted: 403,
  author_may_not_decide: 403,
  proposer_may_not_decide: 403,
  device_missing: 403,
  device_not_yours: 403,
  content_not_yours: 403,
  decisions_not_yours: 403,
  bad_origin: 403,
  requester_may_not_decide: 403,
  manager_not_cancellable: 409,
  mission_event_mismatch: 400,
  mission_event_invalid: 400,
  not_found: 404,
  reviewer_unknown: 422,
  visibility_invalid: 422,
  member_unknown: 404,
  manager_reads_no_mail: 422,
  text_missing: 422,
  text_not_storable: 422,
  task_unknown: 422,
  question_over: 410,
  question_withdrawn: 410,
  message_rate_exceeded: 429,
  attachment_unknown: 422,
  attachment_unclear: 422,
  attachment_hash: 422,
  attachments_too_many: 422,
  image_not_reduced: 422,
  attachment_too_large: 413,
  attachments_too_large: 413,
  image_too_many_pixels: 413,
  attachments_waiting: 429,
  attachments_full: 409,
  reviewer_twice: 422,
  card_unknown: 422,
  dependency_unknown: 422,
  dependencies_too_deep: 422,
  review_is_anothers: 403,
  agents_only: 403,
  instance_not_found: 404,
  approval_not_found: 404,
  mission_not_found: 404,
  work_item_not_found: 404,
  template_not_found: 404,
  unknown_size: 404,
  policy_not_found: 404,
  push_service_unknown: 422,
  device_not_ringable: 409,
  issuer_invalid: 422,
  roles_mixed: 422,
  customer_missing: 422,
  customer_twice: 422,
  customer_not_wanted: 422,
  person_known: 409,
  login_taken: 409,
  team_not_found: 404,
  bundle_not_found: 404,
  bundle_superseded: 409,
  bundle_unknown: 422,
  team_size: 422,
  method_not_allowed: 405,
  already_decided: 409,
  already_counted: 409,
  nothing_to_undo: 409,
  undo_too_late: 409,
  undo_not_yours: 403,
  already_exists: 409,
  request_in_progress: 409,
  effect_not_unknown: 409,
  effect_unverifiable: 409,
  effect_not_allowed: 403,
  host_not_allowed: 403,
  remote_not_allowed: 403,
  sender_not_allowed: 403,
  recipient_not_allowed: 403,
  effect_invalid: 422,
  url_invalid: 422,
  content_type_invalid: 422,
  path_invalid: 422,
  sender_invalid: 422,
  recipient_invalid: 422,
  subject_invalid: 422,
  team_not_suspended: 409,
  team_not_active: 409,
  stale_epoch: 409,
  expired: 410,
  withdrawn: 410,
  approval_expired: 410,
  approval_withdrawn: 410,
  superseded: 412,
  digest_differs: 412,
  text_differs: 412,
  stale_version: 412,
  body_too_large: 413,
  url_too_long: 414,
  unsupported_media_type: 415,
  reason_missing: 422,
  assertion_missing: 422,
  assertion_invalid: 422,
  challenge_unknown: 422,
  challenge_expired: 422,
  key_invalid: 422,
  key_known: 409,
  key_unfit: 422,
  key_not_confirmed: 503,
  key_not_in_effect: 422,
  decision_not_offered: 422,
  not_for_this_decision: 422,
  until_missing: 422,
  until_past: 422,
  defer_past_due: 422,
  comment_misplaced: 422,
  comments_too_long: 422,
  already_escalated: 409,
  questions_exhausted: 409,
  idempotency_key_reused: 422,
  invalid_bundle: 422,
  invalid_policy: 422,
  invalid_template: 422,
  quote_of_one: 422,
  draft_of_one: 422,
  bundle_without_id: 422,
  author_may_not_review: 403,
  reviewed_already: 403,
  reviewer_may_not_decide: 403,
  author_may_not_certify: 403,
  reviewer_may_not_certify: 403,
  skill_twice: 422,
  customer_budget_exceeded: 409,
  customer_budgets_lost: 409,
  mission_too_large: 422,
  work_item_duplicate: 422,
  work_item_unknown_dependency: 422,
  work_items_in_a_circle: 422,
  agent_not_allowed: 422,
  invalid_mirror: 422,
  repository_invalid: 422,
  if_match_missing: 428,
  rate_limited: 429,
  headers_too_large: 431,
  digest_mismatch: 500,
  template_load_failed: 500,
  template_persist_failed: 500,
  template_delete_failed: 500,
  unavailable: 503,
};

export interface Answer {
  readonly status: number;
  readonly problem: Problem & Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** When it is worth asking again: ten a minute leave one free every six seconds. */
const RETRY_SECONDS: Readonly<Record<string, number>> = { message_rate_exceeded: 6 };

/** One function from an error to what the caller is told. What was not expected is told by its code alone, without its words. */
export function problemOf(error: unknown, requestId: string): Answer {
  if (!(error instanceof AppError)) return answer(500, 'internal', 'something went wrong on our side', requestId);
  const expected = isRefusal(error);
  const status = expected ? (statusIn(error) ?? STATUS[error.code] ?? 409) : error.retryable ? 503 : 500;
  const seconds = status === 503 ? 1 : RETRY_SECONDS[error.code];
  const retry: Record<string, string> = seconds === undefined ? {} : { 'retry-after': String(seconds) };
  const detail = expected ? error.message : status === 503 ? 'try again in a moment' : 'something went wrong on our side';
  return answer(status, error.code, detail, requestId, membersOf(error), { ...retry, ...(error instanceof HttpRefusal ? error.headers : {}) });
}

const statusIn = (error: AppError): number | undefined => (error instanceof HttpRefusal ? error.status : undefined);

const REFUSALS = [RefusedError, HttpRefusal, InvalidInputError, NotFoundError, MalformedIdError];
/**
 * Somebody said no before anything was changed, in a code and words that are meant for the caller. After any other error (no
 * answer, a lost COMMIT, another service's own failure) nobody can say whether it was done.
 */
export const isRefusal = (error: unknown): boolean => REFUSALS.some((kind) => error instanceof kind);

function membersOf(error: AppError): Record<string, unknown> {
  if (error instanceof InvalidInputError && error.violations.length > 0) return { errors: error.violations.map(violationOf) };
  if (error instanceof RefusedError) return { ...error.details };
  return error instanceof HttpRefusal ? { ...error.members } : {};
}

const violationOf = ({ pointer, rule, message }: Violation): Violation => ({ pointer, rule, message });

const answer = (status: number, code: string, detail: string, requestId: string, members: Record<string, unknown> = {}, headers: Record<string, string> = {}): Answer => ({
  status,
  problem: { ...members, type: `urn:countersign:problem:${code}`, title: code.replaceAll('_', ' '), status, code, detail, requestId },
  headers,
});
