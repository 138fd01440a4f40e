import type { ApprovalSummary } from '@countersign/contracts';
import { groupByDue, isPutOff } from '@countersign/view';
import { IconArchive, IconClock } from '@tabler/icons-react';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { doneQuery, heldQuery, waitingCutQuery, waitingQuery } from '../api/queries.js';
import { UndoBar } from '../approval/undo-bar.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { useNow } from '../parts/time.js';
import { useTitle } from '../shell/use-title.js';
import { Alerts } from './alerts.js';
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

const SEGMENTS = [
  { show: undefined, title: 'Waiting' },
  { show: 'deferred', title: 'Deferred' },
  { show: 'done', title: 'Done' },
] as const;

/** What waits for an answer, what was put off, and what was answered. */
export function InboxList() {
  const { show } = useSearch({ from: '/_inbox' });
  const waiting = useQuery(waitingQuery);
  const now = useNow();
  const count = waiting.data?.filter((approval) => !isPutOff(approval, now)).length;
  const title = show !== undefined ? SEGMENTS.find((segment) => segment.show === show)!.title : count === undefined || count === 0 ? 'Inbox' : `${count} waiting`;
  useTitle(title);
  return (
    <div className={styles.inbox}>
      <header className={styles.head}>
        <h1 aria-live="polite">{title}</h1>
        <nav className={switches.switch} aria-label="Which requests">
          {SEGMENTS.map((segment) => (
            <Link key={segment.title} to="." search={segment.show ? { show: segment.show } : {}} aria-current={show === segment.show ? 'true' : undefined} className={show === segment.show ? switches.on : ''}>
              {segment.title}
            </Link>
          ))}
        </nav>
      </header>
      <HeldList />
      <Alerts />
      {show === 'done' ? (
        <DoneList />
      ) : (
        <>
          <AnotherLook />
          <Loaded query={waiting} what="inbox" skeleton={skeleton}>
            {(items) => (show === 'deferred' ? <DeferredList items={items.filter((approval) => isPutOff(approval, now))} /> : <Open items={items.filter((approval) => !isPutOff(approval, now))} />)}
          </Loaded>
          <Cut />
        </>
      )}
    </div>
  );
}

/** A list that is not whole must not look as if it were. */
const Cut = () => (useQuery(waitingCutQuery).data === true ? <p className="soft small" role="status">There are older ones, which were not saved on this device.</p> : null);

const Open = ({ items }: { items: readonly ApprovalSummary[] }) => (items.length === 0 ? <NothingWaits /> : <WaitingList items={items} />);

/** What comes back first stands first; it is due when it was. */
function DeferredList({ items }: { items: readonly ApprovalSummary[] }) {
  const opened = useOpened();
  const outbox = useOutbox();
  if (items.length === 0) {
    return (
      <Empty title="Nothing is put off" icon={<IconClock size={28} stroke={1.6} />}>
        <p className="soft">What you put off waits here, and comes back when you said.</p>
      </Empty>
    );
  }
  return (
    <ul className={styles.cards}>
      {[...items].sort((a, b) => a.deferredUntil!.localeCompare(b.deferredUntil!)).map((approval) => (
        <li key={approval.id}>
          <ApprovalCard approval={approval} opened={approval.id === opened} saved={outbox.find(({ approvalId }) => approvalId === approval.id)} />
        </li>
      ))}
    </ul>
  );
}

/** What was decided a moment ago, with the way back; seen from wherever the reader went on to. */
function HeldList() {
  const held = useQuery(heldQuery).data ?? [];
  const opened = useOpened();
  const groups = [
    { title: 'Can still be undone', members: held.filter(({ mayUndo }) => mayUndo) },
    { title: 'Decided, not in effect yet', members: held.filter(({ mayUndo }) => !mayUndo) },
  ];
  return groups.filter(({ members }) => members.length > 0).map(({ title, members }) => (
    <section key={title} className={styles.group}>
      <h2>{title}</h2>
      <ul className={styles.cards}>
        {members.map((approval) => (
          <li key={approval.id}>
            <DoneCard approval={approval} opened={approval.id === opened} />
            <div className={styles.undo}>
              <UndoBar approval={approval} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  ));
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
  const [pages, setPages] = useState(1);
  const done = useQuery(doneQuery(pages));
  const opened = useOpened();
  return (
    <Loaded query={done} what="list" skeleton={skeleton}>
      {({ items, more }) =>
        items.length === 0 ? (
          <Empty title="Nothing was decided yet" icon={<IconArchive size={28} stroke={1.6} />}>
            <p className="soft">Requests that were answered, expired or withdrawn stay here.</p>
          </Empty>
        ) : (
          <>
            <ul className={styles.cards}>
              {items.map((approval) => (
                <li key={approval.id}>
                  <DoneCard approval={approval} opened={approval.id === opened} />
                </li>
              ))}
            </ul>
            {more && (
              <Button variant="default" fullWidth mt="md" loading={done.isPlaceholderData} onClick={() => setPages(pages + 1)}>
                Show older
              </Button>
            )}
          </>
        )
      }
    </Loaded>
  );
}
