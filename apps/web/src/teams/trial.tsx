import type { TeamDetail, TrialView } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { keys, trialQuery } from '../api/queries.js';
import { useSendOnce } from '../api/send-once.js';
import { failureWords } from '../approval/failure-words.js';
import { Panel } from '../parts/panel.js';
import { Clock } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import forms from '../parts/form.module.css';

const WORDS: Readonly<Record<TrialView['standing'], string>> = { running: 'The trial runs until', grace: 'The trial is over. What is under way is finished and decided until', over: 'The trial ended at' };
const STARS = [1, 2, 3, 4, 5] as const;

/** How a trial stands, what stands against production, and the customer's word; nothing for a team without one. */
export function Trial({ team }: { team: TeamDetail }) {
  const trial = useQuery({ ...trialQuery(team.id), enabled: team.mode === 'trial' }).data;
  const { roles } = useMe();
  if (!trial || trial.outcome !== null) return null;
  return (
    <Panel title="Trial">
      <p>
        {WORDS[trial.standing]} <Clock at={trial.standing === 'running' ? trial.endsAt : trial.graceUntil} />. {trial.planned} of {trial.tasks} tasks are used.
      </p>
      {trial.unmet.length === 0 ? (
        <p>It has passed its test: you can make it production.</p>
      ) : (
        <>
          <p className="soft small">Before it can become production:</p>
          <ul>
            {trial.unmet.map(({ condition, words }) => (
              <li key={condition}>{words}</li>
            ))}
          </ul>
        </>
      )}
      {trial.standing !== 'over' && <p className="soft small">Where its money does not suffice: {trial.beyond}.</p>}
      {roles.includes('customer_governor') && <Rating teamId={team.id} />}
    </Panel>
  );
}

function Rating({ teamId }: { teamId: string }) {
  const rate = useSendOnce<unknown, number>({ about: `rate ${teamId}`, request: (stars) => ({ path: `/v1/teams/${teamId}/rating`, body: { stars } }), stale: [keys.trial(teamId)], repeatable: true });
  return (
    <fieldset className={forms.form}>
      <legend className="small">How good is the team? 1 is poor, 5 is very good.</legend>
      <Button.Group>
        {STARS.map((stars) => (
          <Button key={stars} variant="default" aria-label={`${stars} of 5`} onClick={() => rate.mutate(stars)} disabled={rate.isPending}>
            {stars}
          </Button>
        ))}
      </Button.Group>
      {rate.isSuccess && <p role="status">Thank you: {rate.variables} of 5.</p>}
      {rate.error && (
        <p className={forms.error} role="alert">
          {failureWords(rate.error)}
        </p>
      )}
    </fieldset>
  );
}
