import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useKeptInbox } from '../outbox/use-kept-inbox.js';
import { keepFocusInSight } from './focus-in-sight.js';
import { Navigation } from './navigation.js';
import { DevStripe, Strips } from './strips.js';
import styles from './shell.module.css';

/** Rail or bottom bar, strips, and the page. On a phone a request has the bottom edge for its decision. */
export function Shell() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useKeptInbox();
  useEffect(keepFocusInSight, []);
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true }); // whoever hears the page hears the new one
    first.current = false;
  }, [pathname]);
  return (
    <div className={`${styles.app} ${pathname.startsWith('/a/') ? styles.deciding : ''}`}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <DevStripe />
      <Navigation />
      <div className={styles.body}>
        <Strips />
        <main id="main" ref={main} tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
