import styles from './welcome.module.css';

const Drawing = ({ children }: { children: React.ReactNode }) => (
  <svg viewBox="0 0 64 64" width="64" height="64" aria-hidden="true" className={styles.drawing} fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round">
    <rect x="14" y="3" width="36" height="58" rx="7" opacity="0.35" />
    {children}
  </svg>
);

/** There is no button for it on an iPhone: three taps, each with a picture. */
export const IosSteps = () => (
  <ol className={styles.ios}>
    <li>
      <Drawing>
        <path d="M32 18v20M25 24l7-7 7 7M23 32v14h18V32" />
      </Drawing>
      <span>
        Tap <strong>Share</strong> at the edge of the screen.
      </span>
    </li>
    <li>
      <Drawing>
        <rect x="22" y="22" width="20" height="20" rx="4" />
        <path d="M32 27v10M27 32h10" />
      </Drawing>
      <span>
        Choose <strong>Add to Home Screen</strong>.
      </span>
    </li>
    <li>
      <Drawing>
        <rect x="22" y="34" width="12" height="12" rx="3" fill="currentColor" stroke="none" />
        <path d="M38 40h6M22 16h20M22 24h20" opacity="0.35" />
      </Drawing>
      <span>
        <strong>Open it from there</strong>: only then can it notify you.
      </span>
    </li>
  </ol>
);
