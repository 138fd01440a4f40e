import type { Board, BoardCard, BoardColumnId, CardMoved, Created } from '@countersign/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/queries.js';
import { putJson } from '../api/http.js';
import { useSendOnce } from '../api/send-once.js';

export interface CardWish {
  readonly verb: 'approve' | 'request-changes' | 'request-review' | 'start-review' | 'reopen' | 'assign' | 'remove';
  readonly body?: object;
}

/** Moves a card; whatever comes of it, the board is read again. */
export const useMoveCard = (teamId: string, { id, goalId, round, review }: BoardCard) =>
  useSendOnce<CardMoved, CardWish>({
    about: `card ${id} ${round} ${review.state} ${review.request ?? ''}`,
    request: ({ verb, body = {} }) => ({ path: `/v1/teams/${teamId}/tasks/${id}/${verb}`, body: { round, request: review.request, ...body } }),
    stale: [keys.board(teamId), keys.goal(teamId, goalId), keys.team(teamId)],
    repeatable: true,
  });

export interface NewCard {
  readonly goalId: string;
  readonly title: string;
  readonly detail: string;
  readonly memberId: string;
  /** Tasks that come first. */
  readonly dependsOn: readonly string[];
}
/** Adds a task to a goal that is at work; without a member it waits for one. */
export const useAddCard = (teamId: string, onSuccess: () => void) =>
  useSendOnce<Created, NewCard>({
    about: `card for ${teamId}`,
    request: ({ memberId, dependsOn, ...card }) => ({ path: `/v1/teams/${teamId}/tasks`, body: { ...card, ...(memberId === '' ? {} : { memberId }), ...(dependsOn.length === 0 ? {} : { dependsOn }) } }),
    stale: [keys.board(teamId), keys.team(teamId)],
    onSuccess,
    repeatable: true,
  });

/** Says who reviews, where nobody has said otherwise since the board was read. */
export function useReviewers(teamId: string, version: number, onSuccess: () => void) {
  const client = useQueryClient();
  return useMutation<Board, Error, readonly string[]>({
    mutationFn: (reviewers) => putJson<Board>(`/v1/teams/${teamId}/board/reviewers`, { reviewers }, `"${version}"`),
    onSuccess,
    onSettled: () => client.invalidateQueries({ queryKey: keys.board(teamId) }),
  });
}

/** Puts a column's cards in an order, where nobody has ordered the board since it was read. */
export function useOrder(teamId: string, column: BoardColumnId, version: number) {
  const client = useQueryClient();
  return useMutation<Board, Error, readonly string[]>({
    mutationFn: (tasks) => putJson<Board>(`/v1/teams/${teamId}/board/order`, { column, tasks }, `"${version}"`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.board(teamId) }),
  });
}
