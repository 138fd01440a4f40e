import type { ApprovalSummary } from '@countersign/contracts';
import { groupByDue } from '@countersign/view';
import { IconArchive } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { doneQuery, waitingQuery } from '../api/queries.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { useNow } from '../parts/time.js';
import { useTitle } from '../shell/use-title.js';
import { ApprovalCard, DoneCard } from './approval-card.js';
import { NothingWaits } from './overview.js';
import { AnotherLook } from '../outbox/another-look.js';
import { useOutbox } from '../outbox/use-saved.js';
import { useListKeys } from './list-keys.js';
import { useOpened } from './opened.js';
import switches from '../parts/switch.module.css';
import styles from './inbox-list.module.css';

const skeleton = (
  <ul className={styles.cards}>
    {[0, 1, 2, 3, 4].map((index) => (
      <li key={index} className={styles.bone}>
        <Bones widths={[40, 90, 60]} />
      </li>
    ))}
  </ul>
);

/** What waits for an answer, and what was answered. */
export function InboxList() {
  const { show } = useSearch({ from: '/_inbox' });
  const waiting = useQuery(waitingQuery);
  const count = waiting.data?.length;
  const title = show === 'done' ? 'Done' : count === undefined || count === 0 ? 'Inbox' : `${count} waiting`;
  useTitle(title);
  return (
    <div className={styles.inbox}>
      <header className={styles.head}>
        <h1 aria-live="polite">{title}</h1>
        <nav className={switches.switch} aria-label="Which requests">
          <Link to="." search={{}} aria-current={show === undefined ? 'true' : undefined} className={show === undefined ? switches.on : ''}>
            Waiting
          </Link>
          <Link to="." search={{ show: 'done' }} aria-current={show === 'done' ? 'true' : undefined} className={show === 'done' ? switches.on : ''}>
            Done
          </Link>
        </nav>
      </header>
      {show === 'done' ? (
        <DoneList />
      ) : (
        <>
          <AnotherLook />
          <Loaded query={waiting} what="inbox" skeleton={skeleton}>
            {(items) => (items.length === 0 ? <NothingWaits /> : <WaitingList items={items} />)}
          </Loaded>
        </>
      )}
    </div>
  );
}

function WaitingList({ items }: { items: readonly ApprovalSummary[] }) {
  const opened = useOpened();
  const outbox = useOutbox();
  const groups = groupByDue(items, useNow());
  useListKeys(
    groups.flatMap((group) => group.items.map(({ id }) => id)),
    opened,
  );
  return groups.map(({ id, title, items: members }) => (
    <section key={id} className={styles.group}>
      <h2>{title}</h2>
      <ul className={styles.cards}>
        {members.map((approval) => (
          <li key={approval.id}>
            <ApprovalCard approval={approval} opened={approval.id === opened} saved={outbox.find(({ approvalId }) => approvalId === approval.id)} />
          </li>
        ))}
      </ul>
    </section>
  ));
}

function DoneList() {
  const done = useQuery(doneQuery);
  const opened = useOpened();
  return (
    <Loaded query={done} what="list" skeleton={skeleton}>
      {(items) =>
        items.length === 0 ? (
          <Empty title="Nothing was decided yet" icon={<IconArchive size={28} stroke={1.6} />}>
            <p className="soft">Requests that were answered, expired or withdrawn stay here.</p>
          </Empty>
        ) : (
          <ul className={styles.cards}>
            {items.map((approval) => (
              <li key={approval.id}>
                <DoneCard approval={approval} opened={approval.id === opened} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
