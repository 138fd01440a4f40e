import type { AgentInstance } from '@countersign/contracts';
import { countWords, dollars, durationWords, instanceStatus, lineage } from '@countersign/view';
import { IconRobot } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { agentsQuery, denialsQuery, missionsQuery, questionsQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { StatusWord } from '../parts/shape.js';
import { Bones, Empty, Loaded } from '../parts/states.js';
import { Ago } from '../parts/time.js';
import { Page } from '../shell/page.js';
import { useMe } from '../shell/session.js';
import { Deed, MAY_STEER, useMay } from './deed.js';
import { DEFAULT_MISSION, Missions } from './missions.js';
import { Questions } from './questions.js';
import { Refused } from './refused.js';
import { StartAgent } from './start.js';
import lists from '../parts/list.module.css';
import switches from '../parts/switch.module.css';
import styles from './agents.module.css';

const isOpen = ({ status }: AgentInstance): boolean => status === 'queued' || status === 'running';

/** Who runs, who started whom, what each has spent; what waits for a person and what was refused; and how to start and stop. */
export function AgentsPage() {
  const { show, mission } = useSearch({ from: '/agents' });
  const agents = useQuery(agentsQuery);
  const questions = useQuery(questionsQuery);
  const missions = useQuery(missionsQuery);
  const denials = useQuery(denialsQuery);
  const toggle = (
    <nav className={switches.switch} aria-label="Which agents">
      <Link to="/agents" search={mission === undefined ? {} : { mission }} aria-current={show === undefined ? 'true' : undefined} className={show === undefined ? switches.on : ''}>
        Now
      </Link>
      <Link to="/agents" search={{ show: 'all', ...(mission === undefined ? {} : { mission }) }} aria-current={show === 'all' ? 'true' : undefined} className={show === 'all' ? switches.on : ''}>
        All
      </Link>
    </nav>
  );
  const bones = <Bones widths={[60, 90, 40]} />;
  return (
    <Page title="Agents" wide aside={<div className={styles.head}><StartAgent />{toggle}</div>}>
      <div className={`${lists.stack} ${styles.columns}`}>
        <div className={lists.stack}>
          <Loaded query={questions} what="questions" skeleton={bones}>
            {(queue) => <Questions queue={queue} />}
          </Loaded>
          <Loaded query={missions} what="missions" skeleton={bones}>
            {(items) => <Missions missions={items} />}
          </Loaded>
          <Loaded query={denials} what="refusals" skeleton={bones}>
            {(items) => <Refused denials={items} />}
          </Loaded>
        </div>
        <Loaded query={agents} what="agents" skeleton={bones}>
          {(items) => <Lineage items={items.filter((agent) => (show === 'all' || isOpen(agent)) && (mission === undefined || agent.missionID === mission))} mission={mission} />}
        </Loaded>
      </div>
    </Page>
  );
}

function Lineage({ items, mission }: { items: readonly AgentInstance[]; mission: string | undefined }) {
  const aside = mission === undefined ? <span className="num">{items.length}</span> : <Link to="/agents" search={{ show: 'all' }}>of one mission: show all</Link>;
  return (
    <Panel title="Who started whom" aside={aside}>
      {items.length === 0 ? (
        <Empty title="Nobody is at work" icon={<IconRobot size={28} stroke={1.6} />}>
          <p className="soft">Agents start when a team has something to do, or when a person asks the gate for one.</p>
        </Empty>
      ) : (
        <ul className={lists.rows}>
          {lineage(items).map(({ item, depth }) => (
            <li key={item.instanceID} className={styles.agent} style={{ '--depth': Math.min(depth, 4) } as React.CSSProperties}>
              <Agent agent={item} depth={depth} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Agent({ agent, depth }: { agent: AgentInstance; depth: number }) {
  const may = useMay(MAY_STEER);
  const { teams } = useMe();
  const { instanceID, role, templateID, status, missionID, metadata, budget } = agent;
  const { costUsedUsd, tokensUsed, toolCallsUsed, elapsedMs } = metadata.budgetUsage;
  const isManager = role === 'orchestrator' && missionID === DEFAULT_MISSION && metadata.workItemID === undefined && agent.runID === undefined && status === 'running';
  // whose work it is not is not told why (it is somebody's words)
  const why = isManager ? 'Manages the team' : metadata.justification;
  const team = teams.find(({ id }) => id === metadata.teamID)?.name ?? 'A team';
  return (
    <>
      <div className={styles.line}>
        <span className={styles.name}>
          {templateID} <span className="soft small">{role}</span>
          {depth > 0 && <span className="sr">, started by the agent above</span>}
        </span>
        <StatusWord status={instanceStatus[status]} live />
      </div>
      {why !== '' && <p className={`${lists.clamped} ${styles.why}`}><Revealed text={why} /></p>}
      <div className={styles.line}>
        <span className="soft small">
          <Revealed text={team} /> · {missionID === DEFAULT_MISSION ? 'no goal' : `goal …${missionID.slice(-8)}`} · {metadata.source === 'ui_action' ? 'asked for by a person' : metadata.source === 'tool_call' ? 'asked for by an agent' : 'started by the team'} · <Ago at={new Date(metadata.startedAtMs).toISOString()} />
          {metadata.endReason !== undefined && ` · ${metadata.endReason.replaceAll('_', ' ')}`}
        </span>
      </div>
      <div className={styles.deed}>
        <span className="num small">
          {dollars(costUsedUsd)} of {dollars(budget.max_cost_usd ?? 0)} · {countWords(tokensUsed)} of {countWords(budget.max_tokens ?? 0)} tokens · {countWords(toolCallsUsed)} calls{elapsedMs > 0 && ` · ${durationWords(elapsedMs)}`}
        </span>
        {may && isOpen(agent) && !isManager && (
          <Deed path={`/agent-team/instance/${instanceID}/cancel`} label="Stop" about={[templateID, why].filter((words) => words !== '').join(', ')} title="Stop this agent?" lead="It ends now, with everything it started. What it has spent stays spent, the rest goes back." grave light />
        )}
      </div>
    </>
  );
}
