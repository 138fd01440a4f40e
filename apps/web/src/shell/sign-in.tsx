import { Button } from '@mantine/core';
import { IconFingerprint, IconHourglassEmpty, IconListCheck } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { Mark } from './brand.js';
import { useTitle } from './use-title.js';
import styles from './sign-in.module.css';

const PROMISES = [
  { icon: IconFingerprint, text: 'You approve exact bytes. This device hashes every file before the button opens.' },
  { icon: IconHourglassEmpty, text: 'Silence is never a yes. Without your answer a request expires.' },
  { icon: IconListCheck, text: 'Every step is on a record that you can check yourself.' },
];

/** The way in. Whoever came by a link lands on it after signing in. */
export function SignIn() {
  useTitle('Sign in');
  const { href, search } = useLocation();
  const { signin, return: wanted } = search as { readonly signin?: unknown; readonly return?: unknown };
  const failed = signin === 'failed';
  const returnTo = !failed ? href : typeof wanted === 'string' ? wanted : '/'; // the server takes a path of ours alone
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Mark size={56} />
        <h1>Countersign</h1>
        <p className={styles.lead}>Nothing leaves your team of agents until you have countersigned exactly those bytes.</p>
        {failed && (
          <p className={styles.failed} role="alert">
            The sign-in did not work. Nothing was changed. Try once more.
          </p>
        )}
        <Button component="a" href={`/auth/login?return=${encodeURIComponent(returnTo)}`} size="lg" fullWidth>
          Sign in
        </Button>
        {returnTo.startsWith('/a/') && <p className="soft small">Then you see the request you were called for.</p>}
        <ul className={styles.promises}>
          {PROMISES.map(({ icon: Icon, text }) => (
            <li key={text}>
              <Icon size={22} stroke={1.7} aria-hidden="true" />
              <span>{text}</span>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}
