import { noticeOf } from '@countersign/view';
import { useMediaQuery } from '@mantine/hooks';
import { Mark } from '../shell/brand.js';
import { Ago, useNow } from '../parts/time.js';
import { DESKTOP } from '../parts/widths.js';
import type { ReceivedPush } from './pushes.js';
import styles from './lock-screen.module.css';

const PHONE_WINDOW = 'popup,width=390,height=844';

/** The pushes as a phone shows them: the newest of each tag, because a later one replaces an earlier. */
export function LockScreen({ pushes, registered }: { pushes: readonly ReceivedPush[]; registered: boolean }) {
  const now = useNow();
  const notices = newestPerTag(pushes);
  return (
    <section className={styles.phone} aria-label="Phone screen">
      <div className={styles.screen}>
        <p className={styles.clock} aria-hidden="true">
          {now.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}
        </p>
        <p className={styles.date}>{now.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' })}</p>
        <ul className={styles.notices} aria-live="polite" aria-label="Notifications">
          {notices.map(({ notice, push }) => (
            <li key={notice.tag}>
              <Notice title={notice.title} body={notice.body} path={notice.path} at={push.at} />
            </li>
          ))}
        </ul>
        {notices.length === 0 && <p className={styles.none}>{registered ? 'Waiting for a push' : 'Registering this phone …'}</p>}
      </div>
    </section>
  );
}

function newestPerTag(pushes: readonly ReceivedPush[]) {
  const byTag = new Map<string, { readonly notice: NonNullable<ReturnType<typeof noticeOf>>; readonly push: ReceivedPush }>();
  for (const push of pushes) {
    const notice = noticeOf(push.message);
    if (notice && !byTag.has(notice.tag)) byTag.set(notice.tag, { notice, push });
  }
  return [...byTag.values()];
}

/** Tapping opens the link, as a phone would: in the same window on a phone, in one of a phone's size on a desktop. */
function Notice({ title, body, path, at }: { title: string; body: string; path: string; at: string }) {
  const desktop = useMediaQuery(DESKTOP, undefined, { getInitialValueInEffect: false });
  return (
    <a
      href={path}
      className={styles.notice}
      onClick={(event) => {
        if (!desktop || event.metaKey || event.ctrlKey) return;
        if (window.open(path, 'countersign-phone', PHONE_WINDOW) !== null) event.preventDefault();
      }}
    >
      <Mark size={34} />
      <span className={styles.words}>
        <span className={styles.top}>
          <strong>{title}</strong>
          <span className={styles.at}>
            <Ago at={at} />
          </span>
        </span>
        <span>{body}</span>
        <span className={styles.tap}>Tap to review</span>
      </span>
    </a>
  );
}
