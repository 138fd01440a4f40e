import { useMediaQuery } from '@mantine/hooks';
import { Navigate, Outlet } from '@tanstack/react-router';
import { DESKTOP, WIDE } from '../parts/widths.js';
import { useMe } from '../shell/session.js';
import { wasWelcomed } from '../welcome/welcomed.js';
import { InboxList } from './inbox-list.js';
import { Overview } from './overview.js';
import styles from './inbox-page.module.css';

/** On a desktop the list stays beside what it opens; on a phone each has the whole screen. */
export function InboxPage() {
  const wide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false });
  if (!wide) return <Outlet />;
  return (
    <div className={styles.split}>
      <aside className={styles.list} aria-label="Requests">
        <InboxList />
      </aside>
      <div className={styles.detail}>
        <Outlet />
      </div>
    </div>
  );
}

/** Nothing is opened: the list on a phone (at its first visit, how to set it up), the state of the teams on a desktop. */
export function InboxIndex() {
  const wide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false });
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  const { customer, personId } = useMe();
  if (customer !== null && !desktop && !wasWelcomed(personId)) return <Navigate to="/welcome" replace />;
  return wide ? <Overview /> : <InboxList />;
}
