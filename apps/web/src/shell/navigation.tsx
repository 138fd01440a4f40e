import { IconInbox, IconRobot, IconMessageCircle, IconUser, IconUsersGroup } from '@tabler/icons-react';
import { escalationCount, isPutOff } from '@countersign/view';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useLiveState } from '../api/live.js';
import { escalationsQuery, questionsQuery, waitingQuery } from '../api/queries.js';
import { useNow } from '../parts/time.js';
import { Mark } from './brand.js';
import { useMe } from './session.js';
import styles from './navigation.module.css';

const LIVE_WORDS = { live: 'Live', connecting: 'Connecting', away: 'Live updates paused, trying again' } as const;

/** Five places: a bar within the thumb's reach on phones, a rail on desktops. The addresses are the same. */
export function Navigation() {
  const now = useNow();
  const waiting = useQuery(waitingQuery).data?.filter((approval) => !isPutOff(approval, now)).length ?? 0;
  const questions = useQuery(questionsQuery).data?.count ?? 0;
  const escalations = escalationCount(useQuery(escalationsQuery).data ?? []);
  const suspended = useMe().teams.filter(({ state }) => state === 'suspended').length;
  const { pathname } = useLocation();
  const live = useLiveState();
  useEffect(() => void badge(waiting), [waiting]);
  const items = [
    { to: '/', label: 'Inbox', icon: IconInbox, count: waiting, noun: 'waiting', here: pathname === '/' || pathname.startsWith('/a/') },
    { to: '/teams', label: 'Teams', icon: IconUsersGroup, count: escalations, noun: escalations === 1 ? 'escalation' : 'escalations', here: pathname.startsWith('/teams') || pathname.startsWith('/escalations') || pathname.startsWith('/bundles') || pathname.startsWith('/evolutions') },
    { to: '/agents', label: 'Agents', icon: IconRobot, count: questions, noun: questions === 1 ? 'question' : 'questions', here: pathname.startsWith('/agents') },
    { to: '/chat', label: 'Chat', icon: IconMessageCircle, count: suspended, noun: suspended === 1 ? 'team suspended' : 'teams suspended', here: pathname.startsWith('/chat') },
    { to: '/me', label: 'Me', icon: IconUser, count: 0, noun: '', here: pathname.startsWith('/me') },
  ] as const;
  return (
    <nav className={styles.nav} aria-label="Main">
      <span className={styles.brand}>
        <Mark size={36} />
      </span>
      <ul className={styles.items}>
        {items.map(({ to, label, icon: Icon, count, noun, here }) => (
          <li key={to}>
            <Link to={to} className={`${styles.item} ${here ? styles.here : ''}`} aria-current={here ? 'page' : undefined}>
              <span className={styles.icon}>
                <Icon size={23} stroke={here ? 2.1 : 1.7} aria-hidden="true" />
                {count > 0 && (
                  <span className={`${styles.badge} num`} aria-hidden="true">
                    {count > 99 ? '99+' : count}
                  </span>
                )}
              </span>
              {label}
              {count > 0 && <span className="sr">{`, ${count} ${noun}`}</span>}
            </Link>
          </li>
        ))}
      </ul>
      <span className={`${styles.live} ${styles[live]}`} title={LIVE_WORDS[live]}>
        <span className="sr">{LIVE_WORDS[live]}</span>
      </span>
    </nav>
  );
}

/** The installed app shows on its icon how many requests wait. */
async function badge(count: number): Promise<void> {
  if (!('setAppBadge' in navigator)) return;
  try {
    await (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge());
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // not installed: there is no icon to put it on
  }
}
