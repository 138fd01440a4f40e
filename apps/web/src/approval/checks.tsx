import type { ApprovalCheck } from '@countersign/contracts';
import { inSight } from '@countersign/view';
import { Shape } from '../parts/shape.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import styles from './checks.module.css';

const WORDS: Readonly<Record<string, string>> = {
  parses: 'Every changed file parses',
  'comments-only': 'Only comments differ, not one token of code',
  'suite-green': "The repository's own tests pass",
  'scaffolds-red': 'Each new test scaffold fails until it is filled in',
  'fits-channel': 'Every part is as short as its channel shows it',
  'brief-only': 'No figure, date, price, link or promise that the brief does not have',
  repaired: 'The check that failed passes now',
};

/** What ran on exactly these bytes, in a sandbox, before anybody was asked. */
export function Checks({ checks }: { checks: readonly ApprovalCheck[] }) {
  if (checks.length === 0) return null;
  const passed = checks.filter((check) => check.passed).length;
  const groups = [...Map.groupBy(checks, ({ criterion, passed: good }) => `${criterion} ${good}`).values()];
  return (
    <Panel title="Checks" aside={<span className="num">{`${passed} of ${checks.length} passed`}</span>}>
      <ul className={styles.list}>
        {groups.map((group) => {
          const output = group.map(({ outputTail }) => outputTail.trim()).filter((text) => text !== '');
          const line = <Line check={group[0]!} times={group.length} />;
          return (
            <li key={`${group[0]!.criterion} ${group[0]!.passed}`}>
              {output.length === 0 ? (
                line
              ) : (
                <details>
                  <summary>{line}</summary>
                  <pre className={styles.output} tabIndex={0} aria-label={`Output of ${inSight(group[0]!.criterion)}`}>
                    <Revealed text={output.join('\n\n')} />
                  </pre>
                </details>
              )}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

const Line = ({ check: { criterion, passed }, times }: { check: ApprovalCheck; times: number }) => (
  <span className={styles.line}>
    <Shape tone={passed ? 'done' : 'failed'} />
    <span>
      {WORDS[criterion] ?? <Revealed text={criterion} />}
      {times > 1 && <span className={styles.times}> on {times} drafts</span>}
      <span className="sr">{passed ? ', passed' : ', failed'}</span>
    </span>
  </span>
);
