import type { MissionSummary } from '@countersign/contracts';
import { counted, countWords, dollars } from '@countersign/view';
import { Link } from '@tanstack/react-router';
import { Panel } from '../parts/panel.js';
import { useMe } from '../shell/session.js';
import { Deed, MAY_STEER, useMay } from './deed.js';
import lists from '../parts/list.module.css';
import styles from './agents.module.css';

export const DEFAULT_MISSION = 'mission-default';

/** What each mission's agents came to, and what was spent on them. */
export function Missions({ missions }: { missions: readonly MissionSummary[] }) {
  const may = useMay(MAY_STEER);
  const { teams } = useMe();
  const nameOf = ({ missionID, teamID }: MissionSummary): string => (missionID === DEFAULT_MISSION ? `For no goal, ${teams.find(({ id }) => id === teamID)?.name ?? 'a team'}` : `Goal …${missionID.slice(-8)}`);
  return (
    <Panel title="Missions">
      {missions.length === 0 ? (
        <p className="soft">A mission is a goal with its agents, or what a team’s agents do for no goal.</p>
      ) : (
        <ul className={lists.rows}>
          {missions.map((mission) => {
            const { missionID, teamID, queuedCount, runningCount, completedCount, failedCount, cancelledCount, costUsedUsdTotal, tokenUsedTotal } = mission;
            const open = queuedCount + runningCount;
            return (
              <li key={`${teamID} ${missionID}`} className={styles.mission}>
                <div className={styles.line}>
                  <Link to="/agents" search={{ mission: missionID, show: 'all' }} className={styles.name}>
                    {nameOf(mission)}
                  </Link>
                  <span className="num">
                    {dollars(costUsedUsdTotal)} <span className="soft small">{countWords(tokenUsedTotal)} tokens</span>
                  </span>
                </div>
                <div className={styles.deed}>
                  <span className="soft small">
                    {counted(runningCount, 'agent works', 'agents work')}, {queuedCount} waiting · {completedCount} done, {failedCount} failed, {cancelledCount} stopped
                  </span>
                  {may && open > 0 && (
                    <Deed path={`/agent-team/mission/${missionID}/cancel?team=${teamID}`} label="Stop all" about={nameOf(mission)} title="Stop this mission?" lead={`${counted(open, 'agent ends', 'agents end')} now, and nothing of it starts any more.`} grave light />
                  )}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}
