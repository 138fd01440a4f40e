import type { AlertView } from '@countersign/contracts';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { alertsQuery } from '../api/queries.js';
import { Revealed } from '../parts/revealed.js';
import { Ago, useNow } from '../parts/time.js';
import styles from './alerts.module.css';

const SHOWN_MS = 24 * 60 * 60_000;
const SAYS: Readonly<Record<AlertView['kind'], string>> = {
  reported: 'a request was reported as suspicious.',
  asks_too_often: 'it asked for approval too often.',
  refused_too_often: 'its requests were refused or left unanswered too often.',
};
const STOPS: Readonly<Record<AlertView['stops'], string>> = { goal: 'The goal has ended.', agent: 'It is paused; let it go on from the goal’s page.', team: 'The team is stopped; the helpdesk answers.' };

/** What was stopped within a day, and why: the customer is told, whoever stopped it. */
export function Alerts() {
  const now = useNow();
  const alerts = (useQuery(alertsQuery).data ?? []).filter(({ at }) => now.getTime() - Date.parse(at) < SHOWN_MS);
  if (alerts.length === 0) return null;
  return (
    <ul className={styles.alerts} aria-label="Alerts">
      {alerts.map((alert) => (
        <li key={alert.id}>
          <Alert alert={alert} />
        </li>
      ))}
    </ul>
  );
}

function Alert({ alert: { kind, teamId, teamName, goalId, stops, at, stoppedAt } }: { alert: AlertView }) {
  const text = (
    <>
      <IconAlertTriangle size={20} stroke={1.9} aria-hidden="true" />
      <span>
        <strong>
          <Revealed text={teamName} />:
        </strong> {SAYS[kind]} {stoppedAt === null ? 'It is being stopped.' : STOPS[stops]} <span className="soft">
          <Ago at={at} />
        </span>
      </span>
    </>
  );
  return goalId === null ? (
    <Link to="/teams/$teamId" params={{ teamId }} className={styles.alert}>
      {text}
    </Link>
  ) : (
    <Link to="/teams/$teamId/goals/$goalId" params={{ teamId, goalId }} className={styles.alert}>
      {text}
    </Link>
  );
}
