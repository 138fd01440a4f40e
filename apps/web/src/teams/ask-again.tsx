import type { Created, GoalDetail, SubmitGoalBody } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { keys } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';

/** Gives the team the goal once more, as it was, where it ended without a result; for whoever may give it goals while it is at work. */
export function AskAgain({ teamId, goal: { id, again } }: { teamId: string; goal: GoalDetail }) {
  const { roles, teams } = useMe();
  const navigate = useNavigate();
  const { error, isPending, mutate } = useSendOnce<Created, SubmitGoalBody>({
    about: id,
    request: (body) => ({ path: `/v1/teams/${teamId}/goals`, body }),
    stale: [keys.team(teamId), keys.goals(teamId)],
    onSuccess: (made) => void navigate({ to: '/teams/$teamId/goals/$goalId', params: { teamId, goalId: made.id } }),
  });
  const atWork = teams.some((team) => team.id === teamId && team.state === 'active');
  if (again === null || !atWork || !roles.includes('customer_governor')) return null;
  return (
    <>
      <Button variant="default" size="md" loading={isPending} onClick={() => mutate(again)}>
        Ask for it again
      </Button>
      {error && (
        <p className={forms.error} role="alert">
          {failureWords(error)}
        </p>
      )}
    </>
  );
}
