import type { QuoteView } from '@countersign/contracts';
import { moneyWords } from '@countersign/view';
import type { CSSProperties } from 'react';
import { Panel } from '../parts/panel.js';
import styles from './price-picture.module.css';

const inr = (amountMicros: number): string => `${amountMicros < 0 ? '−' : ''}${moneyWords({ amountMicros: Math.abs(amountMicros), currency: 'INR' }).replace(/\.00$/, '')}`;

interface Part {
  readonly label: string;
  readonly micros: number;
  readonly look: 'agent' | 'price' | 'saved' | 'added' | 'cost' | 'models' | 'margin';
  /** Of agents, the how many-th. */
  readonly nth?: number;
}

/** The sum as a picture: what everybody costs alone, what the team costs, and for the platform what is left of it. */
export function PricePicture({ quote }: { quote: QuoteView }) {
  const { lines, discount, floor, monthly, platform, priceTable } = quote;
  const alone = lines.reduce((sum, line) => sum + line.monthly.amountMicros, 0);
  const whole = Math.max(alone, monthly.amountMicros);
  const agents = lines.map(({ skill, monthly: own }, nth): Part => ({ label: skill, micros: own.amountMicros, look: 'agent', nth }));
  const team: Part[] = [
    { label: 'Price of the team', micros: monthly.amountMicros - floor.amountMicros, look: 'price' },
    { label: 'Saved', micros: discount.amountMicros, look: 'saved' },
    { label: 'A team costs at least this', micros: floor.amountMicros, look: 'added' },
  ];
  return (
    <Panel title="What it costs" aside={`Price table v${priceTable.version}`}>
      <div className={styles.sums}>
        <Sum title="Everybody alone" total={alone} parts={agents} whole={whole} />
        <Sum title="As a team" total={monthly.amountMicros} parts={team} whole={whole} note={`${inr(monthly.amountMicros * 12)} a year`} strong />
        {platform && <Kept platform={platform} monthly={monthly.amountMicros} whole={whole} months={quote.months} />}
      </div>
    </Panel>
  );
}

/** What carrying the team costs, an estimate, and what remains. Model use is a ceiling, not a forecast, and lasts the team's life. */
function Kept({ platform: { lines, cost, margin, models, leastMargin, inrPerUsd, breakEvenThousandths }, monthly, whole, months }: { platform: NonNullable<QuoteView['platform']>; monthly: number; whole: number; months: number }) {
  const month = cost.amountMicros / months;
  const atMost = models?.amountMicros ?? 0;
  const left = monthly - month - atMost;
  const parts: Part[] = [
    { label: `Carrying it: ${lines.filter(({ usd }) => usd.amountMicros > 0).map(({ what, usd }) => `${what} ${moneyWords(usd).replace(/\.00$/, '')}`).join(', ')}`, micros: month, look: 'cost' },
    ...(models ? [{ label: 'Models, if the whole budget is used', micros: atMost, look: 'models' } as const] : []),
    { label: models ? 'Left at least' : 'Left', micros: Math.max(0, left), look: 'margin' },
  ];
  const facts = [
    `${inr(margin.amountMicros)} are left of the month before models`,
    ...(breakEvenThousandths === null ? [] : [`${(breakEvenThousandths / 1000).toFixed(3)} such teams pay for the platform’s month`]),
    `one dollar is ${inrPerUsd} rupees`,
  ];
  return (
    <>
      <Sum title="What the platform keeps, in the first month" total={leastMargin?.amountMicros ?? margin.amountMicros} parts={parts} whole={whole} note={facts.join(' · ')} />
      {left < 0 && <p className={styles.loss}>A team that uses its whole budget costs {inr(-left)} more than it pays.</p>}
    </>
  );
}

function Sum({ title, total, parts, whole, note, strong = false }: { title: string; total: number; parts: readonly Part[]; whole: number; note?: string; strong?: boolean }) {
  const shown = parts.filter(({ micros }) => micros > 0);
  return (
    <section className={styles.sum}>
      <h3 className={styles.title}>
        {title} <span className={`num ${strong ? styles.strong : ''}`}>{inr(total)}</span>
      </h3>
      <div className={styles.bar} aria-hidden="true">
        {shown.map((part) => (
          <span key={part.label} className={`${styles.part} ${styles[part.look]}`} style={{ ...nthOf(part), width: `${whole === 0 ? 0 : (part.micros / whole) * 100}%` }} />
        ))}
      </div>
      <dl className={styles.legend}>
        {shown.map((part) => (
          <div key={part.label}>
            <dt>
              <span className={`${styles.swatch} ${styles[part.look]}`} style={nthOf(part)} aria-hidden="true" />
              {part.label}
            </dt>
            <dd className="num">{part.look === 'saved' ? `−${inr(part.micros)}` : inr(part.micros)}</dd>
          </div>
        ))}
      </dl>
      {note && <p className="soft small">{note}</p>}
    </section>
  );
}

const nthOf = ({ nth = 0 }: Part): CSSProperties => ({ '--nth': nth }) as CSSProperties;
