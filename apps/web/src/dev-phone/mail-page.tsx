import { useQuery } from '@tanstack/react-query';
import { Failure } from '../parts/states.js';
import { Clock } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { mailboxQuery, type Received } from './mailbox.js';
import styles from './mail-page.module.css';

/** What has left by mail and text message in a local run: it is kept here and goes nowhere. */
export function MailPage() {
  const mailbox = useQuery(mailboxQuery);
  return (
    <Page title="Mail and text messages">
      <p className="soft">Everybody&rsquo;s, the newest first. Nothing left this machine. Who is written to, and where, each person says on the page Me.</p>
      {mailbox.isError && <Failure error={mailbox.error} what="mailbox" retry={() => void mailbox.refetch()} busy={mailbox.isFetching} />}
      <div className={styles.desk}>
        <Pile title="Letters" items={mailbox.data?.letters ?? []} />
        <Pile title="Text messages" items={mailbox.data?.texts ?? []} />
      </div>
    </Page>
  );
}

const Pile = ({ title, items }: { title: string; items: readonly Received[] }) => (
  <section aria-label={title}>
    <h2>{title}</h2>
    <ul className={styles.pile} aria-live="polite">
      {items.map((item) => (
        <li key={`${item.at} ${item.to}`} className={styles.item}>
          <header className={styles.head}>
            <span className={styles.to}>To {item.to}</span>
            <Clock at={item.at} />
          </header>
          {item.subject !== undefined && <h3>{item.subject}</h3>}
          <p className={styles.text}>
            <Linked text={item.text} />
          </p>
        </li>
      ))}
    </ul>
    {items.length === 0 && <p className="soft">Nothing yet.</p>}
  </section>
);

/** Our own addresses in a text, to be opened as they would be from a letter. */
const Linked = ({ text }: { text: string }) => text.split(/(https?:\/\/\S+)/).map((part, nth) => (nth % 2 === 1 && isOurs(part) ? <a key={part} href={part}>{part}</a> : part));

const isOurs = (address: string): boolean => URL.canParse(address) && new URL(address).origin === location.origin;
