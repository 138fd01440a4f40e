import type { BudgetLine, BudgetUnit, TeamBudget } from '@countersign/contracts';
import { countWords, durationWords, moneyWords } from '@countersign/view';
import { Panel } from '../parts/panel.js';
import styles from './spending.module.css';

const UNITS: readonly { readonly unit: BudgetUnit; readonly label: string; readonly words: (amount: number) => string }[] = [
  { unit: 'usd_micros', label: 'Money', words: (amountMicros) => moneyWords({ amountMicros, currency: 'USD' }) },
  { unit: 'tokens', label: 'Model tokens', words: countWords },
  { unit: 'tool_calls', label: 'Tool calls', words: countWords },
  { unit: 'steps', label: 'Steps', words: countWords },
  { unit: 'ms', label: 'Working time', words: durationWords },
];
const WARN = 0.8;

/** What the team has spent of what it was given; what is held for work in progress is shown behind it. */
export const Spending = ({ budget }: { budget: TeamBudget }) => (
  <Panel title="Spending" aside="of the team's budget">
    <ul className={styles.lines}>
      {UNITS.map(({ unit, label, words }) => (
        <li key={unit}>
          <Meter line={budget[unit]} label={label} words={words} />
        </li>
      ))}
    </ul>
  </Panel>
);

function Meter({ line: { granted, held, spent, overshoot }, label, words }: { line: BudgetLine; label: string; words: (amount: number) => string }) {
  const share = (amount: number): number => (granted === 0 ? 0 : Math.min(100, (amount / granted) * 100));
  const state = granted > 0 && spent >= granted ? 'Used up' : granted > 0 && spent + held >= granted * WARN ? 'Nearly used up' : undefined;
  return (
    <div className={styles.meter}>
      <div className={styles.words}>
        <span>{label}</span>
        <span className="num">
          <strong>{words(spent)}</strong> <span className="soft">of {words(granted)}</span>
        </span>
      </div>
      <div className={styles.track} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={granted} aria-valuenow={spent} aria-valuetext={`${words(spent)} of ${words(granted)} spent, ${words(held)} held`}>
        <span className={styles.held} style={{ width: `${share(spent + held)}%` }} />
        <span className={state === undefined ? styles.spent : styles.warn} style={{ width: `${share(spent)}%` }} />
      </div>
      {(held > 0 || state) && (
        <p className={styles.note}>
          {held > 0 && <span className="num">{words(held)} held for work in progress</span>}
          {held > 0 && overshoot > 0 && <span className="num">at most {words(overshoot)} beyond</span>}
          {state && <b>{state}</b>}
        </p>
      )}
    </div>
  );
}
