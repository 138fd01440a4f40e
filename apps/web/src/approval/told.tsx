import type { ApprovalDetail, DeliveryView, RingView, Rung } from '@countersign/contracts';
import { deliveryWords, failureWords, ringWords } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { reachQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Shape } from '../parts/shape.js';
import { Ago } from '../parts/time.js';
import styles from './checks.module.css';

const RUNGS: Readonly<Record<Rung, string>> = {
  push: 'Push',
  reminder: 'Reminder',
  email: 'Mail',
  sms: 'Text message',
  warning: 'Warning before it expires',
  substitute: 'Asked as substitute',
  escalation: 'Told that nobody answered',
};
const REASONS: Readonly<Record<string, string>> = { quiet_hours: 'quiet hours', fatigue: 'rung often enough' };

/** To whom the ladder has sent something so far, and to whom it could not. */
export function Told({ approval: { id } }: { approval: ApprovalDetail }) {
  const reach = useQuery(reachQuery(id)).data;
  if (reach === undefined || reach.rings.length === 0) return null;
  const sent = new Set(reach.rings.filter(({ state }) => state === 'reached').map(({ who }) => who)).size;
  return (
    <Panel title="Who was told" aside={<span className="num">{`sent to ${sent}`}</span>}>
      <ul className={styles.list}>
        {reach.rings.map((ring) => (
          <li key={`${ring.who} ${ring.rung} ${ring.channel}`}>
            <Line ring={ring} />
            {ring.deliveries.length > 0 && <Deliveries of={ring.deliveries} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** To each device or address by itself: one that was taken is enough, and the others say why they were not. */
const Deliveries = ({ of }: { of: readonly DeliveryView[] }) => (
  <ul className={styles.deliveries}>
    {of.map((delivery, index) => (
      <li key={index} className="soft small">
        {deliveryWords(delivery)} <Ago at={delivery.at} />
      </li>
    ))}
  </ul>
);

const Line = ({ ring: { rung, person, state, reason, at } }: { ring: RingView }) => (
  <span className={styles.line}>
    <Shape tone={state === 'dead' ? 'failed' : state === 'reached' || state === 'covered' ? 'done' : 'waiting'} />
    <span>
      <Revealed text={person} />: {RUNGS[rung]}, {ringWords[state]}
      {reason !== null && ` (${REASONS[reason] ?? failureWords(reason)})`} <span className="soft small">
        <Ago at={at} />
      </span>
    </span>
  </span>
);
