import { AGENT_ROLES, databaseRole, MOST_HOLD_SECONDS, PLATFORM_CHAIN, type Service, type TeamState } from '@countersign/contracts';
import { words } from '../list.js';
import { beyondHolds } from '../overshoot.js';
import { sql } from '../sql.js';
import { LEAST_KEPT_HOURS, SERVICE_ROLES } from '../tables.js';
import { OPEN_GOAL } from './0005-teams.js';

/** The tasks of the goal `g`, as what to look for: joined, all of a team's rows would be read for each goal until the tables are known to be large. */
const TASKS_OF_GOAL = 'array(select k.id from app.task k where k.team_id = g.team_id and k.goal_id = g.id)';

/** A reader across teams: what it shows, and to which services. */
interface Reader {
  readonly name: string;
  readonly args: string;
  readonly returns: string;
  readonly body: string;
  readonly to: readonly Service[] | 'all';
}

/** That the goal `g` may still read its mirror, or be looked at by it; within `keep_hours`. */
const needsMirror = `(g.finished_at is null or g.finished_at > clock_timestamp() - keep_hours * interval '1 hour'
  or exists (select from app.effect e where e.team_id = g.team_id and e.goal_id = g.id and e.state in ('started', 'unknown')))`;

/** Whose yes to the approval `a` stands, the first first; null where one yes is enough. */
const YESES = `select case when a.need > 1 then coalesce((select jsonb_agg(jsonb_build_object('personId', y.person_id, 'deviceId', y.device_id, 'key', y.key, 'by', p.display_name, 'at', y.at) order by y.at, y.id)
    from sec.standing_yes(a.team_id, a.id, a.digest) y join app.person p on p.id = y.person_id), '[]') end as yes`;

/** That the decision `d` was not taken back. */
const STANDS = 'not exists (select from app.approval_decision u where u.team_id = d.team_id and u.undoes = d.id)';

/** That the question `a` waits for the person: it is open, and they have neither put it off nor given the one yes that is theirs. */
const waitsFor = (person: string): string => `a.state = 'pending'
  and coalesce((select k.until <= clock_timestamp() from app.approval_mark k where k.team_id = a.team_id and k.approval_id = a.id and k.kind = 'deferred' and k.person_id = ${person} order by k.at desc limit 1), true)
  and (a.need_of = 'devices' or not exists (select from sec.standing_yes(a.team_id, a.id, a.digest) y where y.person_id = ${person}))`;

/** A team in these states is hired no more. */
const teamsOver = ['rejected', 'completed', 'dissolved', 'archived'] as const satisfies readonly TeamState[];

/**
 * Every read that crosses teams, on one page: each shows only the columns its one reader needs (design §4).
 * They are owned by `own_ops`, which has its own column grants and `using (true)` policies, and no login.
 */
const READERS: readonly Reader[] = [
  { name: 'person_by_login', args: 'wanted text', returns: 'table (customer_id uuid, id uuid, display_name text, roles text[], customer_name text)', to: ['gateway'],
    body: `select p.customer_id, p.id, p.display_name, p.roles, c.name from app.person p join app.customer c using (customer_id) where p.login = wanted` },
  { name: 'person_by_subject', args: 'named_by text, wanted text', returns: 'table (customer_id uuid, id uuid, login text, display_name text, roles text[], customer_name text)', to: ['gateway'],
    body: `select p.customer_id, p.id, p.login, p.display_name, p.roles, c.name from app.person p join app.customer c using (customer_id) where p.issuer = named_by and p.subject = wanted` },
  { name: 'person_by_id', args: 'wanted uuid', returns: 'table (customer_id uuid, id uuid, login text, display_name text, roles text[], customer_name text)', to: ['gateway'],
    body: `select p.customer_id, p.id, p.login, p.display_name, p.roles, c.name from app.person p join app.customer c using (customer_id) where p.id = wanted and p.erased_at is null` },
  // everybody who may sign in, the oldest first
  { name: 'people_page', args: 'after_id uuid, most int', returns: 'table (id uuid, customer_id uuid, customer_name text, login text, display_name text, roles text[], issuer text, subject text)', to: ['gateway'],
    body: `select p.id, p.customer_id, c.name, p.login, p.display_name, p.roles, p.issuer, p.subject from app.person p join app.customer c using (customer_id) where p.erased_at is null and (after_id is null or p.id > after_id) order by p.id limit most` },
  // where people of a customer are warned of a new key by letter: where they want letters now, and wanted them within a month
  { name: 'addresses_of_customer', args: 'customer uuid', returns: 'table (person_id uuid, email text)', to: ['executor'],
    body: `select f.person_id, f.doc ->> 'email' from app.preference f where f.customer_id = customer and f.doc ->> 'email' is not null
           union select a.person_id, a.email from app.former_address a where a.customer_id = customer and a.left_at > clock_timestamp() - interval '30 days'` },
  // how long somebody's newest yeses took, from when they first had the bytes; a yes from where nothing shows them is not counted
  { name: 'yeses_took', args: 'person uuid, most int', returns: 'table (took_ms float8)', to: ['gateway'],
    body: `select greatest(0, extract(epoch from d.at - s.first_at) * 1000)::float8 from app.approval_decision d join app.approval_seen s on s.team_id = d.team_id and s.approval_id = d.approval_id and s.person_id = d.person_id
           where d.person_id = person and d.decision = 'approve' and not exists (select from app.approval_decision u where u.team_id = d.team_id and u.undoes = d.id) order by d.at desc limit most` },
  // what nobody could finish any more if this person were gone: questions that only they could answer, and what stands on a yes of theirs and is not done
  { name: 'waits_for_person', args: 'customer uuid, person uuid', returns: 'int', to: ['gateway'],
    body: `select (select count(*) from app.approval a where a.customer_id = customer and ((a.state in ('pending', 'held') and alone.it)
               or ((a.state in ('pending', 'held') or (a.state = 'approved' and a.valid_until > clock_timestamp() and not exists (select from app.effect e where e.team_id = a.team_id and e.approval_id = a.id)))
                 and exists (select from sec.standing_yes(a.team_id, a.id, a.digest) y where y.person_id = person))))::int
             + (select count(*) from app.gate_approval q join app.team t on t.team_id = q.team_id where alone.it and t.customer_id = customer and q.state = 'pending')::int
             + (select count(*) from app.alert r where r.by_person = person and r.at > clock_timestamp() - interval '7 days' and not exists (select from app.alert_stop s where s.team_id = r.team_id and s.alert_id = r.id))::int -- the team is stopped in their name
           from (select exists (select from app.person p where p.customer_id = customer and p.id = person and 'customer_governor' = any (p.roles))
             and not exists (select from app.person o where o.customer_id = customer and o.id <> person and 'customer_governor' = any (o.roles)) as it) alone` },
  // in which of these chains there is something to erase of somebody, by what they are called in each
  { name: 'chains_of_subject', args: 'chains uuid[], refs uuid[]', returns: 'table (team_id uuid)', to: ['gateway'],
    body: `select k.team_id from unnest(chains, refs) s (chain, ref) join audit.subject_key k on k.team_id = s.chain and k.subject_ref = s.ref where k.destroyed_at is null order by k.team_id` },
  { name: 'governors_of', args: 'customer uuid', returns: 'table (id uuid)', to: ['manager-agent'], body: `select p.id from app.person p where p.customer_id = customer and 'customer_governor' = any (p.roles)` },
  { name: 'governors_of_issuer', args: 'named text', returns: 'int', to: ['gateway'], body: `select count(*)::int from app.person p where p.issuer = named and 'platform_governor' = any (p.roles)` },
  // the person behind a browser session, by the hash of its secret
  { name: 'person_of_session', args: 'session text', returns: 'table (customer_id uuid, id uuid, login text, display_name text, roles text[], customer_name text)', to: ['gateway'],
    body: `select p.customer_id, p.id, p.login, p.display_name, p.roles, c.name from app.oidc_record r join app.person p on p.id = (r.payload ->> 'personId')::uuid join app.customer c using (customer_id)
           where r.kind = 'WebSession' and r.id = session and r.expires_at > clock_timestamp() and p.erased_at is null` },
  // the device a person's session or token is bound to; also one that was removed
  { name: 'device_of_session', args: 'session text, customer uuid, person uuid', returns: 'table (id uuid, person_id uuid, name text, removed boolean)', to: ['gateway'],
    body: `select d.id, d.person_id, d.name, d.removed_at is not null from app.oidc_record r join app.device d on d.customer_id = customer and d.id = (r.payload ->> 'deviceId')::uuid
           where r.kind = 'DeviceBinding' and r.id = session and r.expires_at > clock_timestamp() and (r.payload ->> 'personId')::uuid = person` },
  // keys with which people sign: of one customer, or all where none is named; also those whose device is gone, or whose person is
  { name: 'approver_keys', args: 'customer uuid', returns: 'table (id uuid, customer_id uuid, person_id uuid, device_id uuid, kind text, credential_id text, public_key bytea, rp_id text, backup_eligible boolean, counter bigint, seal bytea, vouch jsonb, effective_from timestamptz, highest_from timestamptz, removed boolean)', to: ['gateway', 'executor'],
    body: `select k.id, k.customer_id, k.person_id, k.device_id, k.kind, k.credential_id, k.public_key, k.rp_id, k.backup_eligible, k.counter, k.seal, k.vouch, k.effective_from, k.highest_from, d.removed_at is not null or p.erased_at is not null
           from app.approver_key k join app.device d on d.customer_id = k.customer_id and d.id = k.device_id join app.person p on p.customer_id = k.customer_id and p.id = k.person_id where customer is null or k.customer_id = customer order by k.id` },
  { name: 'teams_of', args: 'customer uuid', returns: 'table (team_id uuid, name text, state text, mode text, bundle_id text, created_at timestamptz, head text)', to: ['gateway', 'spawn-gate'],
    body: `select t.team_id, t.name, t.state, t.mode, t.bundle_id, t.created_at, (select c.note from audit.checkpoint c where c.team_id = t.team_id order by c.size desc limit 1) from app.team t where t.customer_id = customer order by t.created_at, t.team_id` },
  // what a customer's teams were granted together; one that is over holds nothing any more
  { name: 'customer_account', args: 'customer uuid', returns: 'table (unit text, granted bigint, spent bigint)', to: ['spawn-gate', 'gateway'],
    body: `select b.unit, sum(case when t.state in (${words(teamsOver)}) then b.spent else b.granted end)::bigint, sum(b.spent)::bigint from app.team t join app.budget b on b.team_id = t.team_id and b.kind = 'team' where t.customer_id = customer group by b.unit` },
  // what calls under way of a customer's teams can come to beyond what is held for them
  { name: 'customer_overshoot', args: 'customer uuid', returns: 'table (unit text, overshoot bigint)', to: ['gateway'],
    body: `select o.unit, sum(o.amount)::bigint from app.team t cross join lateral (${beyondHolds(sql`t.team_id`).text}) o where t.customer_id = customer group by o.unit` },
  { name: 'customer_name', args: 'customer uuid', returns: 'text', to: ['gateway'], body: `select c.name from app.customer c where c.customer_id = customer` },
  { name: 'all_teams', args: '', returns: 'table (team_id uuid, customer_id uuid, name text, state text, mode text, bundle_id text, created_at timestamptz)', to: ['gateway'],
    body: `select t.team_id, t.customer_id, t.name, t.state, t.mode, t.bundle_id, t.created_at from app.team t order by t.created_at, t.team_id` },
  { name: 'customer_of_team', args: 'team uuid', returns: 'uuid', to: ['gateway'], body: `select t.customer_id from app.team t where t.team_id = team` },
  { name: 'team_of_approval', args: 'approval uuid', returns: 'uuid', to: ['gateway'], body: `select a.team_id from app.approval a where a.id = approval` },
  // who may be rung about a question of a customer: its governors and the platform's, with their devices; where their mail goes stays hidden
  { name: 'ringees_of', args: 'customer uuid', returns: 'table (person_id uuid, customer_id uuid, preferences jsonb, has_email boolean, has_phone boolean, device_id uuid, platform text, subscribed boolean)', to: ['gateway'],
    body: `select p.id, p.customer_id, f.doc - '{email,phone}'::text[], f.doc ->> 'email' is not null, f.doc ->> 'phone' is not null, d.id, d.platform, d.subscription is not null or d.address like '{%'
           from app.person p left join app.preference f on f.customer_id = p.customer_id and f.person_id = p.id left join app.device d on d.customer_id = p.customer_id and d.person_id = p.id and d.removed_at is null and d.address_gone_at is null
           where p.customer_id = any (array[customer, '${PLATFORM_CHAIN}'::uuid]) and (case when p.customer_id = customer then 'customer_governor' else 'platform_governor' end) = any (p.roles) order by p.id, d.id` },
  // how often these people were rung within a day, about whatever, and what is held of them beside this question
  { name: 'rings_of', args: 'people uuid[], question uuid', returns: 'table (person_id uuid, rung_at timestamptz[], held bigint, digest_at timestamptz, digest_under_way boolean)', to: ['gateway'],
    body: `select p.id, r.rung_at, (select count(distinct h.approval_id) from app.ring h join app.approval a on a.team_id = h.team_id and a.id = h.approval_id where h.person_id = p.id and h.state = 'held' and h.approval_id <> question and ${waitsFor('p.id')}), r.digest_at, coalesce(r.under_way, false)
           from unnest(people) p (id) cross join lateral (select array_agg(x.at) as rung_at, max(x.at) filter (where x.digest is not null and x.state = 'reached') as digest_at, bool_or(x.digest is not null and x.state = 'ringing') as under_way
             from app.ring x where x.person_id = p.id and x.state in ('ringing', 'reached') and x.at > clock_timestamp() - interval '1 day') r` },
  // phones and browsers that were sent a digest in which a question was told of: it was held then, or the digest was rung for it
  { name: 'digests_about', args: 'question uuid', returns: 'table (person_id uuid, customer_id uuid, device_id uuid, channel text)', to: ['gateway'],
    body: `select distinct n.person_id, n.customer_id, n.device_id, n.channel from app.ring h
             join app.ring x on x.person_id = h.person_id and x.state = 'reached' and x.digest is not null and x.at > clock_timestamp() - interval '1 day' and x.at >= h.at
             join app.notification n on n.team_id = x.team_id and n.approval_id = x.approval_id and n.person_id = x.person_id and n.kind = 'digest' and n.state = 'sent' and n.device_id is not null
           where h.approval_id = question and h.team_id = (select a.team_id from app.approval a where a.id = question) and (h.state in ('held', 'covered') or h.digest is not null)` },
  // how many questions that a digest told a person of wait still
  { name: 'told_and_waiting', args: 'person uuid', returns: 'bigint', to: ['gateway'],
    body: `select count(*) from app.approval a where ${waitsFor('person')} and exists (select from app.ring h where h.team_id = a.team_id and h.approval_id = a.id and h.person_id = person and (h.state in ('held', 'covered') or h.digest is not null))` },
  // while a decision is held nobody is rung: when it is taken back, that goes on
  { name: 'due_ladders', args: '', returns: 'table (team_id uuid, id uuid)', to: ['gateway'],
    body: `select l.team_id, l.approval_id from app.ladder l where l.next_at <= clock_timestamp()
             and not exists (select from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = l.team_id and a.id = l.approval_id and (g.paused_at is not null or a.state = 'held')) order by l.next_at limit 100` },
  // questions of a customer that ring or wait: how somebody wants to be reached, or can be, has changed
  { name: 'open_ladders', args: 'customer uuid', returns: 'table (team_id uuid, id uuid)', to: ['gateway'], body: `select l.team_id, l.approval_id from app.ladder l where l.customer_id = customer and l.closed_at is null` },
  { name: 'due_approvals', args: '', returns: 'table (team_id uuid, id uuid)', to: ['gateway'],
    body: `select a.team_id, a.id from app.approval a join app.team t on t.team_id = a.team_id join app.goal g on g.team_id = a.team_id and g.id = a.goal_id
           where a.state = 'pending' and a.due_at <= clock_timestamp() and t.state = 'active' and g.paused_at is null limit 100` },
  // decisions whose time to be undone is over
  { name: 'held_approvals', args: '', returns: 'table (team_id uuid, id uuid)', to: ['gateway'],
    body: `select a.team_id, a.id from app.approval a join app.team t on t.team_id = a.team_id and t.state = 'active' and t.epoch = a.epoch join app.goal g on g.team_id = a.team_id and g.id = a.goal_id
           where a.state = 'held' and a.effective_at <= clock_timestamp() and g.paused_at is null order by a.effective_at limit 100` },
  // who at a customer could say yes, with the keys on devices that are theirs still
  { name: 'roster_of', args: 'customer uuid', returns: 'table (person_id uuid, roles text[], keys jsonb)', to: ['gateway'],
    body: `select p.id, p.roles, coalesce((select jsonb_agg(jsonb_build_object('deviceId', k.device_id, 'kind', k.kind, 'backupEligible', k.backup_eligible)) from app.approver_key k join app.device d on d.customer_id = k.customer_id and d.id = k.device_id
             where k.customer_id = p.customer_id and k.person_id = p.id and d.removed_at is null), '[]') from app.person p where p.customer_id = customer order by p.id` },
  // a claimed notification whose sender died is due again when its claim (`not_before`) has passed
  // by each way as many as it has room for: what one way has to wait for is not waited for by another
  { name: 'due_notifications', args: 'ways text[], room int[]', returns: 'table (team_id uuid, id uuid, channel text)', to: ['gateway'],
    body: `select n.* from unnest(ways, room) w (way, places) cross join lateral (select n.team_id, n.id, n.channel from app.notification n where n.channel = w.way and n.state in ('due', 'sending') and n.not_before <= clock_timestamp()
             and not exists (select from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = n.team_id and a.id = n.approval_id and (g.paused_at is not null or a.state = 'held')) order by n.not_before limit w.places) n` },
  // that a team goes on waits until that it stood still was said by the same way, or could not be: its last word would be the older one
  { name: 'due_account_notices', args: 'ways text[], room int[]', returns: 'table (customer_id uuid, id uuid, channel text)', to: ['gateway'],
    body: `select n.* from unnest(ways, room) w (way, places) cross join lateral (select n.customer_id, n.id, n.channel from app.account_notice n where n.channel = w.way and n.state in ('due', 'sending') and n.not_before <= clock_timestamp()
             and not exists (select from app.account_notice e where n.kind like 'team%' and e.customer_id = n.customer_id and e.person_id = n.person_id and e.created_at < n.created_at and e.about_team = n.about_team and e.kind like 'team%'
               and e.channel = n.channel and e.device_id is not distinct from n.device_id and e.state in ('due', 'sending')) order by n.not_before limit w.places) n` },
  { name: 'owner_of_approval', args: 'approval uuid', returns: 'table (team_id uuid, customer_id uuid)', to: ['gateway'],
    body: `select a.team_id, a.customer_id from app.approval a where a.id = approval` },
  { name: 'owner_of_instance', args: 'instance uuid', returns: 'table (team_id uuid, customer_id uuid)', to: ['gateway'],
    body: `select i.team_id, t.customer_id from app.instance i join app.team t on t.team_id = i.team_id where i.id = instance` },
  { name: 'owner_of_goal', args: 'goal uuid', returns: 'table (team_id uuid, customer_id uuid)', to: ['gateway'],
    body: `select g.team_id, t.customer_id from app.goal g join app.team t on t.team_id = g.team_id where g.id = goal` },
  // an account of a team, of a goal, or of a team's default mission (whose id is the team's with another version digit)
  { name: 'owner_of_account', args: 'account uuid', returns: 'table (team_id uuid, customer_id uuid)', to: ['gateway'],
    body: `select t.team_id, t.customer_id from app.team t where t.team_id in (account, overlay(account::text placing '7' from 15)::uuid)
           union all select g.team_id, t.customer_id from app.goal g join app.team t on t.team_id = g.team_id where g.id = account` },
  { name: 'owner_of_question', args: 'question uuid', returns: 'table (team_id uuid, customer_id uuid, kind text)', to: ['gateway'],
    body: `select q.team_id, t.customer_id, q.kind from app.gate_approval q join app.team t on t.team_id = q.team_id where q.id = question` },
  { name: 'owner_of_decision', args: 'decision uuid', returns: 'table (team_id uuid, customer_id uuid)', to: ['gateway'],
    body: `select d.team_id, t.customer_id from app.spawn_decision d join app.team t on t.team_id = d.team_id where d.id = decision` },
  // what a draft of a policy is tried on: the newest decisions, whosever they are
  { name: 'recorded_decisions', args: 'most int', to: ['spawn-gate'],
    returns: 'table (team_id uuid, id uuid, decided_at timestamptz, role text, template_id text, allowed boolean, code text, violations jsonb, policy_version int, inputs jsonb)',
    body: `select d.team_id, d.id, d.decided_at, d.role, d.template_id, d.allowed, d.code, d.violations, d.policy_version, d.inputs from app.spawn_decision d order by d.decided_at desc, d.id desc limit most` },
  // who holds or held a skill, by the content's SHA-256 or by the hash over all of an instance's; and what was handed in by them
  { name: 'holders_of_skill', args: 'wanted text, before_us bigint, before_id uuid, most int', to: ['spawn-gate'], returns: 'table (team_id uuid, id uuid, state text, end_reason text, total bigint, at_us bigint)',
    body: `select x.team_id, x.id, x.state, x.end_reason, x.total, x.us from (select i.team_id, i.id, i.state, i.end_reason, count(*) over (), (extract(epoch from i.started_at) * 1000000)::bigint from app.instance i
           where i.skill_hash = 'sha256:' || wanted or exists (select from jsonb_array_elements(i.skills) s where s ->> 'sha256' = wanted)) x (team_id, id, state, end_reason, total, us)
           where before_us is null or (x.us, x.id) < (before_us, before_id) order by x.us desc, x.id desc limit most` },
  { name: 'outputs_of_skill', args: 'wanted text, before_us bigint, before_id uuid, most int', to: ['spawn-gate'],
    returns: 'table (team_id uuid, goal_id uuid, task_id uuid, instance_id uuid, id uuid, state text, commit_id text, created_at timestamptz, total bigint, at_us bigint)',
    body: `select x.* from (select d.team_id, k.goal_id, d.task_id, i.id, d.id, d.state, d.commit_id, d.created_at, count(*) over (), (extract(epoch from d.created_at) * 1000000)::bigint from app.instance i join app.worker_run r on r.team_id = i.team_id and r.instance_id = i.id
             join app.draft d on d.team_id = r.team_id and d.run_id = r.id join app.task k on k.team_id = d.team_id and k.id = d.task_id
           where i.skill_hash = 'sha256:' || wanted or exists (select from jsonb_array_elements(i.skills) s where s ->> 'sha256' = wanted)) x (team_id, goal_id, task_id, instance_id, id, state, commit_id, created_at, total, us)
           where before_us is null or (x.us, x.id) < (before_us, before_id) order by x.us desc, x.id desc limit most` },
  // holds what was recalled, and has not ended
  { name: 'recalled_instances', args: '', returns: 'table (team_id uuid, id uuid)', to: ['spawn-gate'],
    body: `select i.team_id, i.id from app.instance i where i.state in ('queued', 'running') and exists (select from (select distinct on (v.id) v.id, v.doc from app.policy v where v.kind = 'skill-recall' order by v.id, v.version desc) p where not p.doc ? 'retired'
             and (i.skill_hash = 'sha256:' || p.id or exists (select from jsonb_array_elements(i.skills) s where s ->> 'sha256' = p.id))) limit 1000` },
  // agents, the newest first; a null customer is everybody's (platform staff), other nulls are any; missionless: those of a team's default mission
  { name: 'agent_instances', args: 'customer uuid, team uuid, one uuid, mission uuid, missionless boolean, parent uuid, wanted text, before_us bigint, before_id uuid, most int', to: ['gateway'],
    returns: `table (team_id uuid, id uuid, goal_id uuid, run_id uuid, parent_id uuid, role text, template_id text, source text, justification text, state text, capabilities jsonb, slice jsonb, skill_hash text,
      started_at timestamptz, ended_at timestamptz, deadline_at timestamptz, end_reason text, elapsed_ms bigint, work_item text, spent jsonb, at_us bigint)`,
    body: `select i.team_id, i.id, i.goal_id, i.run_id, i.parent_id, i.role, i.template_id, i.source, i.justification, i.state, i.capabilities, i.slice, i.skill_hash, i.started_at, i.ended_at, i.deadline_at, i.end_reason,
             case when i.state = 'queued' then 0 else (extract(epoch from coalesce(i.ended_at, clock_timestamp()) - i.started_at) * 1000)::bigint end,
             (select case g.origin when 'mission' then k.key else k.id::text end from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = i.team_id and k.id = i.task_id),
             coalesce((select jsonb_object_agg(b.unit, b.spent) from app.budget b where b.team_id = i.team_id and b.account_id = i.id), '{}'), u.us
           from app.team t join app.instance i on i.team_id = t.team_id cross join lateral (select (extract(epoch from i.started_at) * 1000000)::bigint) u (us)
           where (customer is null or t.customer_id = customer) and (team is null or t.team_id = team) and (one is null or i.id = one) and (mission is null or i.goal_id = mission) and (not missionless or (i.goal_id is null and i.member_id is null))
             and (parent is null or i.parent_id = parent) and (wanted is null or i.state = wanted) and (before_us is null or (u.us, i.id) < (before_us, before_id)) order by i.started_at desc, i.id desc limit most` },
  // missions by their agents; what was spent is the account's, whose id is the goal's, or the one a team's default mission has
  { name: 'agent_missions', args: 'customer uuid, team uuid, before_us bigint, before_id uuid, most int', to: ['gateway'],
    returns: 'table (team_id uuid, goal_id uuid, instances int, queued int, running int, completed int, failed int, cancelled int, spent jsonb, at_us bigint)',
    body: `select m.team_id, m.goal_id, m.instances, m.queued, m.running, m.completed, m.failed, m.cancelled,
             coalesce((select jsonb_object_agg(b.unit, b.spent) from app.budget b where b.team_id = m.team_id and b.account_id = coalesce(m.goal_id, overlay(m.team_id::text placing '8' from 15)::uuid)), '{}'), u.us
           from (select i.team_id, i.goal_id, count(*)::int as instances, count(*) filter (where i.state = 'queued')::int as queued, count(*) filter (where i.state = 'running')::int as running,
               count(*) filter (where i.state = 'completed')::int as completed, count(*) filter (where i.state = 'failed')::int as failed, count(*) filter (where i.state = 'cancelled')::int as cancelled, max(i.started_at) as newest
             from app.team t join app.instance i on i.team_id = t.team_id where (customer is null or t.customer_id = customer) and (team is null or t.team_id = team)
             -- a team's own manager works for no mission
             and not (i.goal_id is null and i.member_id is not null)
             group by i.team_id, i.goal_id) m cross join lateral (select (extract(epoch from m.newest) * 1000000)::bigint) u (us)
           where before_us is null or (u.us, coalesce(m.goal_id, m.team_id)) < (before_us, before_id) order by u.us desc, coalesce(m.goal_id, m.team_id) desc limit most` },
  // what was refused, the newest first: spawns (what only waits for a person is a question, no refusal) and what agents tried; before a moment in microseconds and an id
  { name: 'denials_page', args: 'customer uuid, only_team uuid, before_us bigint, before_id uuid, most int', to: ['gateway'],
    returns: 'table (team_id uuid, id uuid, kind text, code text, reason text, what text, instance_id uuid, at_us bigint)',
    body: `select x.team_id, x.id, x.kind, x.code, x.reason, x.what, x.instance_id, x.at_us from app.team t cross join lateral (
             (select d.team_id, d.id, 'spawn', d.code, coalesce(d.violations -> 0 ->> 'message', ''), concat_ws(', ', d.role, nullif(d.template_id, '')), case when d.requested_by like 'instance:%' then substr(d.requested_by, 10)::uuid end, u.us
              from app.spawn_decision d cross join lateral (select (extract(epoch from d.decided_at) * 1000000)::bigint) u (us)
              where d.team_id = t.team_id and not d.allowed and d.code <> 'spawn_requires_approval' and (before_us is null or (u.us, d.id) < (before_us, before_id)) order by d.decided_at desc, d.id desc limit most)
             union all
             (select c.team_id, c.id, 'capability', c.code, c.reason, concat_ws(': ', c.tool, nullif(c.what, '')), c.instance_id, u.us
              from app.capability_denial c cross join lateral (select (extract(epoch from c.denied_at) * 1000000)::bigint) u (us)
              where c.team_id = t.team_id and (before_us is null or (u.us, c.id) < (before_us, before_id)) order by c.denied_at desc, c.id desc limit most)) x (team_id, id, kind, code, reason, what, instance_id, at_us)
           where (customer is null or t.customer_id = customer) and (only_team is null or t.team_id = only_team) order by x.at_us desc, x.id desc limit most` },
  // goals of either origin as missions, the newest first
  { name: 'missions', args: 'customer uuid, team uuid, before uuid, most int', to: ['gateway'],
    returns: 'table (team_id uuid, id uuid, origin text, title text, text text, state text, paused boolean, terms jsonb, revision bigint, updated_at timestamptz, tasks jsonb)',
    body: `select g.team_id, g.id, g.origin, g.title, g.text, g.state, g.paused_at is not null, g.spec, g.mission_revision, g.changed_at,
             coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'key', k.key, 'title', k.title, 'detail', k.detail, 'state', k.state, 'round', k.round, 'dependsOn', to_jsonb(k.depends_on), 'skill', k.skill,
               'runId', k.options -> 'runId', 'artifactRefs', k.artifact_refs, 'metadata', k.metadata) order by k.ordinal) from app.task k where k.team_id = g.team_id and k.goal_id = g.id), '[]')
           from app.team t join app.goal g on g.team_id = t.team_id where (customer is null or t.customer_id = customer) and (team is null or t.team_id = team) and (before is null or g.id < before) order by g.id desc limit most` },
  // the place in all teams' events before which nothing can still appear
  { name: 'agent_event_horizon', args: '', returns: 'text', to: ['gateway'], body: `select pg_snapshot_xmin(pg_current_snapshot())::text` },
  // events of all teams after a place, as far as none can still appear among them: whoever reads on from the last one misses nothing and gets nothing twice
  { name: 'agent_events', args: 'after_pos text, after_team uuid, after_seq bigint, customer uuid, only_team uuid, most int', to: ['gateway'],
    returns: 'table (team_id uuid, customer_id uuid, pos text, seq bigint, type text, properties jsonb)',
    body: `select e.team_id, t.customer_id, e.pos::text, e.seq, e.type, e.properties from app.agent_event e join app.team t on t.team_id = e.team_id
           where (e.pos, e.team_id, e.seq) > (after_pos::xid8, after_team, after_seq) and e.pos < pg_snapshot_xmin(pg_current_snapshot())
             and (customer is null or t.customer_id = customer) and (only_team is null or e.team_id = only_team) order by e.pos, e.team_id, e.seq limit most` },
  // questions of the gate that nobody has answered, the oldest first
  { name: 'gate_questions', args: 'customer uuid, team uuid, after_us bigint, after_id uuid, most int', to: ['gateway'],
    returns: 'table (team_id uuid, id uuid, kind text, goal_id uuid, task_id uuid, instance_id uuid, request jsonb, code text, reason text, created_at timestamptz, due_at timestamptz, at_us bigint)',
    body: `select q.team_id, q.id, q.kind, q.goal_id, q.task_id, q.instance_id, q.request, q.code, q.reason, q.created_at, q.due_at, u.us from app.team t join app.gate_approval q on q.team_id = t.team_id
             cross join lateral (select (extract(epoch from q.created_at) * 1000000)::bigint) u (us)
           where q.state = 'pending' and (customer is null or t.customer_id = customer) and (team is null or t.team_id = team) and (after_us is null or (u.us, q.id) > (after_us, after_id)) order by q.created_at, q.id limit most` },
  // newest first; a null customer is everybody's (platform staff), a null state is any, and 'over' what neither waits nor is held
  { name: 'yeses_of', args: 'approval uuid', returns: 'jsonb', to: ['gateway'], body: `select y.yes from app.approval a cross join lateral (${YESES}) y where a.id = approval` },
  { name: 'approvals_page', args: 'customer uuid, wanted text, before uuid, most int, viewer uuid', to: ['gateway'],
    returns: 'table (team_id uuid, team_name text, id uuid, goal_id uuid, title text, kind text, view text, marks text[], tier int, created_at timestamptz, due_at timestamptz, deferred_until timestamptz, cost_micros bigint, cost_rehearsal boolean, need int, need_of text, held_for text, effective_at timestamptz, late boolean, paused boolean, decided_by uuid, yes jsonb)',
    body: `select t.team_id, t.name, a.id, a.goal_id, a.title, m.said #>> '{effects,0,kind}', v.view, a.marks, a.tier, a.created_at, a.due_at, (select k.until from app.approval_mark k where k.team_id = a.team_id and k.approval_id = a.id and k.kind = 'deferred' and k.person_id = viewer order by k.at desc limit 1), (m.said #>> '{cost,amount_micros}')::bigint, coalesce((m.said #>> '{cost,rehearsal}')::boolean, false), a.need, a.need_of, a.held_for, a.effective_at, a.effective_at <= clock_timestamp(), g.paused_at is not null, a.decided_by, y.yes
           from app.approval a join app.team t on t.team_id = a.team_id join app.goal g on g.team_id = a.team_id and g.id = a.goal_id left join app.effect e on e.team_id = a.team_id and e.approval_id = a.id
           cross join lateral (${YESES}) y
           cross join lateral (select case when a.state <> 'approved' or e.state is null then a.state when e.state = 'started' then 'executing' when e.state = 'refused' then 'failed' else e.state end) v (view)
           cross join lateral (select convert_from(a.manifest, 'UTF8')::jsonb) m (said)
           where (customer is null or a.customer_id = customer) and (wanted is null or v.view = wanted or (wanted = 'over' and a.state not in ('pending', 'held'))) and (before is null or a.id < before) order by a.id desc limit most` },
  // what nobody was told of yet: a report, a goal or an agent that asks too often, an agent that is refused too often; what stood before an alert counts no more
  { name: 'restless_agents', args: 'asks_of_goal int, asks_of_agent int, asks_minutes int, noes int, noes_minutes int', to: ['gateway'],
    returns: 'table (team_id uuid, kind text, goal_id uuid, approval_id uuid, agent_id uuid, counted int)',
    body: `with asked as materialized (select a.team_id, a.goal_id, a.requested_by from app.approval a where a.created_at > clock_timestamp() - asks_minutes * interval '1 minute'
             and not exists (select from app.alert x where x.team_id = a.team_id and x.kind = 'asks_too_often' and (x.goal_id = a.goal_id or (x.goal_id is null and x.agent_id = a.requested_by)) and x.at >= a.created_at))
           select a.team_id, 'reported', a.goal_id, a.id, a.requested_by, 1 from app.approval_decision d join app.approval a on a.team_id = d.team_id and a.id = d.approval_id
             where d.report and d.at > clock_timestamp() - interval '7 days' and a.state = 'denied' and ${STANDS} and not exists (select from app.alert x where x.team_id = a.team_id and x.kind = 'reported' and x.approval_id = a.id)
           union all select a.team_id, 'asks_too_often', a.goal_id, null, a.requested_by, count(*)::int from asked a group by a.team_id, a.goal_id, a.requested_by having count(*) > asks_of_goal
           union all select a.team_id, 'asks_too_often', null, null, a.requested_by, count(*)::int from asked a group by a.team_id, a.requested_by having count(*) > asks_of_agent
           union all select a.team_id, 'refused_too_often', null, null, a.requested_by, count(distinct a.id)::int from app.approval_decision d join app.approval a on a.team_id = d.team_id and a.id = d.approval_id
             where d.decision in ('deny', 'expire') and d.at > clock_timestamp() - noes_minutes * interval '1 minute' and a.state in ('denied', 'expired') and ${STANDS}
               and not exists (select from app.alert x where x.team_id = a.team_id and x.kind = 'refused_too_often' and x.agent_id = a.requested_by and x.at >= d.at) group by a.team_id, a.requested_by having count(distinct a.id) >= noes` },
  { name: 'unstopped_alerts', args: '', returns: 'table (team_id uuid, id uuid, stops text, by_person uuid)', to: ['gateway'],
    body: `select x.team_id, x.id, x.stops, x.by_person from app.alert x where x.at > clock_timestamp() - interval '7 days' and not exists (select from app.alert_stop s where s.team_id = x.team_id and s.alert_id = x.id) order by x.at limit 100` },
  { name: 'alerts_page', args: 'customer uuid, before uuid, most int', to: ['gateway'],
    returns: 'table (id uuid, kind text, team_id uuid, team_name text, goal_id uuid, approval_id uuid, stops text, at timestamptz, stopped_at timestamptz, muted_until timestamptz)',
    body: `select x.id, x.kind, x.team_id, t.name, x.goal_id, x.approval_id, x.stops, x.at, s.at, x.muted_until from app.alert x join app.team t on t.team_id = x.team_id left join app.alert_stop s on s.team_id = x.team_id and s.alert_id = x.id
           where (customer is null or x.customer_id = customer) and (before is null or x.id < before) order by x.id desc limit most` },
  // proposed, but nobody was asked yet: the message may have been lost; page by page, so that those that cannot be asked about hold up no other
  { name: 'unasked_deliverables', args: 'after_id uuid, most int', returns: 'table (team_id uuid, id uuid, epoch int)', to: ['gateway'],
    body: `select d.team_id, d.id, t.epoch from app.goal g join app.team t on t.team_id = g.team_id and t.state = 'active'
           join lateral (select n.team_id, n.id from app.deliverable n where n.team_id = g.team_id and n.goal_id = g.id order by n.revision desc limit 1) d on true
           where g.state = 'proposed' and g.paused_at is null and not exists (select from app.approval a where a.team_id = d.team_id and a.deliverable_id = d.id) and (after_id is null or d.id > after_id) order by d.id limit most` },
  // asked or granted before the team was stopped or the goal cancelled, and not used
  { name: 'stopped_approvals', args: '', returns: 'table (team_id uuid, id uuid)', to: ['gateway'],
    body: `with goal as materialized (select team_id, id, state from app.goal where state in (${OPEN_GOAL}) union all select team_id, id, state from app.goal where state = 'cancelled')
           select a.team_id, a.id from goal g cross join lateral (select * from app.approval p where p.team_id = g.team_id and p.goal_id = g.id and p.state in ('pending', 'held', 'approved') offset 0) a join app.team t on t.team_id = a.team_id
           where (g.state = 'cancelled' or (g.state in (${OPEN_GOAL}) and (t.state <> 'active' or t.epoch <> a.epoch))) and not exists (select from app.effect e where e.team_id = a.team_id and e.approval_id = a.id) limit 100` },
  // `stale`: its supervisor has not been heard of for five seconds; queued ones so that teams take turns, those first of whom least is under way
  { name: 'open_runs', args: '', returns: 'table (team_id uuid, id uuid, state text, stale boolean)', to: ['fleet'],
    body: `select o.team_id, o.id, o.state, o.stale from (select r.team_id, r.id, r.state, r.queued_at, r.heartbeat_at < clock_timestamp() - interval '5 seconds' as stale, row_number() over (partition by r.team_id order by r.state = 'queued', r.queued_at) as place from app.worker_run r join app.team t on t.team_id = r.team_id join app.task k on k.team_id = r.team_id and k.id = r.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id
           where r.state = 'running' or (r.state = 'queued' and t.state = 'active' and t.epoch = r.epoch and g.paused_at is null
             and not exists (select from app.mission_stop s where s.team_id = g.team_id and s.mission_id = g.id))) o
           where o.state = 'queued' or o.stale order by o.state = 'queued', o.place, o.queued_at limit 200` },
  // whether any supervisor was heard of lately, whatever it works on
  { name: 'fleet_at_work', args: '', returns: 'boolean', to: ['manager-agent'], body: `select exists (select from app.worker_run r where r.state = 'running' and r.heartbeat_at > clock_timestamp() - interval '1 minute')` },
  // given to a member who is there, and no run came of it: the message was not heard, or could not be handled however often it came; one that is younger may still be
  { name: 'unqueued_tasks', args: '', returns: 'table (team_id uuid, id uuid, member_id uuid, round int, epoch int)', to: ['fleet'],
    body: `select k.team_id, k.id, k.member_id, k.round, k.epoch from app.goal g join app.team t on t.team_id = g.team_id and t.state = 'active' join app.task k on k.team_id = g.team_id and k.goal_id = g.id and k.state = 'assigned' and k.epoch = t.epoch
             join app.member m on m.team_id = k.team_id and m.id = k.member_id and m.state = 'active'
           where g.state in (${OPEN_GOAL}) and g.origin = 'goal' and g.paused_at is null and k.changed_at < clock_timestamp() - interval '15 seconds'
             and not exists (select from app.worker_run r where r.team_id = k.team_id and r.task_id = k.id and r.round = k.round and r.epoch >= k.epoch) order by k.changed_at, k.id limit 100` },
  // a review is open and not every criterion has been run
  { name: 'unchecked_drafts', args: '', returns: 'table (team_id uuid, id uuid, epoch int)', to: ['fleet'],
    body: `select d.team_id, d.id, t.epoch from app.draft d join app.team t on t.team_id = d.team_id and t.state = 'active'
             join app.review v on v.team_id = d.team_id and v.draft_id = d.id and v.decision is null join app.task k on k.team_id = d.team_id and k.id = d.task_id
             join app.goal g on g.team_id = k.team_id and g.id = k.goal_id and g.paused_at is null
           where d.state = 'submitted' and (select count(*) from app.check_run c where c.team_id = d.team_id and c.draft_id = d.id) < jsonb_array_length(k.criteria) order by d.created_at limit 50` },
  // approved, and its task still is: what a person left out meanwhile stays out
  { name: 'uncommitted_drafts', args: '', returns: 'table (team_id uuid, id uuid, epoch int)', to: ['fleet'],
    body: `select d.team_id, d.id, t.epoch from app.draft d join app.team t on t.team_id = d.team_id and t.state = 'active'
             join app.review v on v.team_id = d.team_id and v.draft_id = d.id and v.decision = 'approved'
             join app.task k on k.team_id = d.team_id and k.id = d.task_id and k.state = 'approved' and k.round = d.round join app.goal g on g.team_id = k.team_id and g.id = k.goal_id and g.paused_at is null and g.state in (${OPEN_GOAL}) where d.state = 'submitted' order by d.created_at limit 50` },
  // over, although nobody said so: its time (a place's: to wait) has passed, nobody waits for its work, or its run ended a while ago and its supervisor did not tell
  { name: 'due_instances', args: '', returns: 'table (team_id uuid, id uuid, run_state text)', to: ['spawn-gate'],
    body: `select i.team_id, i.id, case when r.ended_at < clock_timestamp() - interval '1 second' then r.state end
           from app.instance i left join app.task k on k.team_id = i.team_id and k.id = i.task_id left join app.goal g on g.team_id = i.team_id and g.id = i.goal_id
             left join app.worker_run r on r.team_id = i.team_id and r.id = i.run_id
           where i.state in ('queued', 'running') and (i.task_id is not null or i.member_id is null)
             and ((i.deadline_at <= clock_timestamp() and not (i.state = 'queued' and g.paused_at is not null)) or k.state = 'cancelled' or g.state in ('done', 'denied', 'expired', 'failed', 'cancelled') or r.ended_at < clock_timestamp() - interval '1 second') limit 500` },
  // nobody answered in time, or what the question was for is over
  { name: 'due_gate_approvals', args: '', returns: 'table (team_id uuid, id uuid)', to: ['spawn-gate'],
    body: `select q.team_id, q.id from app.gate_approval q join app.team t on t.team_id = q.team_id left join app.goal g on g.team_id = q.team_id and g.id = q.goal_id
             left join app.mission_stop s on s.team_id = q.team_id and s.mission_id = coalesce(q.goal_id, overlay(q.team_id::text placing '8' from 15)::uuid) -- as defaultMissionId
           where q.state = 'pending' and ((q.due_at <= clock_timestamp() and g.paused_at is null and s.state is distinct from 'paused') or s.state = 'cancelled'
             or case when q.request -> 'move' is null then t.state <> 'active' or t.epoch <> q.epoch else t.state not in ('certified', 'suspended') end or g.state in ('done', 'denied', 'expired', 'failed', 'cancelled')) limit 100` },
  // a goal that will never work again still holds a part of its team's budget; so does the mission without a goal, while nobody works
  // for it and no question waits, unless a person granted it more
  { name: 'finished_missions', args: '', returns: 'table (team_id uuid, goal_id uuid)', to: ['spawn-gate'],
    body: `select distinct b.team_id, b.account_id from app.budget b join app.goal g on g.team_id = b.team_id and g.id = b.account_id
           where b.kind = 'mission' and b.granted > b.spent and g.state in ('done', 'denied', 'expired', 'failed', 'cancelled')
             and not exists (select from app.instance i where i.team_id = g.team_id and i.goal_id = g.id and i.state in ('queued', 'running'))
           union select b.team_id, b.account_id from app.team t join app.budget b on b.team_id = t.team_id and b.account_id = overlay(t.team_id::text placing '8' from 15)::uuid and b.kind = 'mission' -- as defaultMissionId
           where b.granted > b.spent
             and not exists (select from app.budget c join app.instance i on i.team_id = c.team_id and i.id = c.account_id where c.team_id = b.team_id and c.parent_id = b.account_id and c.unit = b.unit and i.state in ('queued', 'running'))
             and not exists (select from app.gate_approval q where q.team_id = b.team_id and ((q.state = 'pending' and q.goal_id is null) or (q.state = 'approved' and q.kind = 'budget' and q.request ->> 'accountId' = b.account_id::text))) limit 100` },
  // `mark` is another one as soon as anything is another that the manager decides by: whoever knows it need not look
  { name: 'open_goals', args: '', returns: 'table (team_id uuid, id uuid, epoch int, mark text)', to: ['manager-agent'],
    body: `select g.team_id, g.id, t.epoch, md5(concat_ws('|', g.xmin, t.xmin,
             (select string_agg(concat_ws('.', k.xmin, m.xmin), ',' order by k.id) from app.task k join app.member m on m.team_id = k.team_id and m.id = k.member_id where k.team_id = g.team_id and k.goal_id = g.id),
             (select string_agg(concat_ws('.', r.id, r.state, r.code), ',' order by r.id) from app.worker_run r where r.team_id = g.team_id and r.task_id = any (${TASKS_OF_GOAL})),
             (select string_agg(concat_ws('.', d.xmin, v.xmin, (select count(*) from app.check_run c where c.team_id = d.team_id and c.draft_id = d.id)), ',' order by d.id)
               from app.draft d left join app.review v on v.team_id = d.team_id and v.draft_id = d.id where d.team_id = g.team_id and d.task_id = any (${TASKS_OF_GOAL})),
             case when exists (select from app.task w where w.team_id = g.team_id and w.goal_id = g.id and w.state = 'todo') then (select max(o.changed_at) from app.task o where o.team_id = g.team_id and o.goal_id <> g.id) end,
             (select string_agg(a.id::text, ',' order by a.id) from app.member a where a.team_id = g.team_id and a.state = 'active'),
             (select string_agg(concat_ws('.', s.id, s.version), ',' order by s.id, s.version) from app.policy s where s.kind = 'precedent-seed'),
             (select count(*) from app.approval_mark q where q.team_id = g.team_id and q.kind = 'asked' and q.approval_id = any (array(select p.id from app.approval p where p.team_id = g.team_id and p.goal_id = g.id))),
             (select string_agg(concat_ws('.', d.id, a.xmin, e.xmin), ',' order by d.id)
               from app.deliverable d left join app.approval a on a.team_id = d.team_id and a.deliverable_id = d.id left join app.effect e on e.team_id = a.team_id and e.approval_id = a.id where d.team_id = g.team_id and d.goal_id = g.id)))
           from app.goal g join app.team t on t.team_id = g.team_id where t.state = 'active' and g.origin = 'goal' and g.paused_at is null and g.state in (${OPEN_GOAL}) order by g.team_id, g.id` },
  // missions and goals whose state the gate was not told of, or that the gate stopped; missions with an agent to start, or out of time
  { name: 'missions_behind', args: '', returns: 'table (team_id uuid, id uuid, overdue boolean, exhausted text)', to: ['manager-agent'],
    body: `select g.team_id, g.id, o.overdue, x.unit from app.goal g join app.team t on t.team_id = g.team_id left join app.mission_stop s on s.team_id = g.team_id and s.mission_id = g.id
           cross join lateral (select g.origin = 'mission' and g.finished_at is null and g.paused_at is null and t.state = 'active'
             and coalesce(g.started_at + ((g.spec #>> '{budgets,max_duration_ms}')::int8 + g.paused_ms) * interval '1 millisecond' <= clock_timestamp(), false)) o (overdue)
           -- by a policy that lets what is used up wait, nothing ends: the gate asks for a top-up
           left join lateral (select b.unit from app.budget b where b.team_id = g.team_id and b.account_id = g.id and b.kind = 'mission' and b.exhausted_at is not null and g.paused_at is null and t.state = 'active'
             and (g.origin = 'mission' or (g.state in ('planned', 'running', 'changes_requested') and exists (select from app.task k where k.team_id = g.team_id and k.goal_id = g.id and k.member_id is not null and k.state not in ('done', 'cancelled'))))
             and coalesce((select p.doc ->> 'on_exhausted' from app.policy p where p.kind = 'spawn-policy' and p.id = 'spawn-policy' order by p.version desc limit 1), 'cancel') = 'cancel' order by b.unit limit 1) x on true
           where (g.state = 'cancelled' and s.state is distinct from 'cancelled') or (g.finished_at is null and (x.unit is not null or (s.state = 'cancelled' and not exists (
               -- while an executor has it in hand there is nothing to do: it must keep nobody else waiting
               select from app.approval a join app.effect e on e.team_id = a.team_id and e.approval_id = a.id where a.team_id = g.team_id and a.goal_id = g.id and a.state = 'approved' and e.state in ('started', 'unknown')))
             or (g.paused_at is not null) <> (s.state is not null and s.state = 'paused') or o.overdue
             or (g.origin = 'mission' and g.state = 'running' and g.paused_at is null and t.state = 'active' and exists (
               select from app.task k where k.team_id = g.team_id and k.goal_id = g.id and k.state in ('todo', 'in_progress', 'assigned') and lower(btrim(k.skill)) in (${words(AGENT_ROLES)})
                 and not exists (select from app.instance i where i.team_id = k.team_id and i.task_id = k.id and i.state in ('queued', 'running'))
                 and not exists (select from app.spawn_decision d where d.team_id = k.team_id and d.task_id = k.id and d.decided_at >= greatest(g.running_since, t.state_changed_at)))))) limit 100` },
  { name: 'open_effects', args: '', returns: 'table (team_id uuid, id uuid, approval_id uuid, age_ms bigint)', to: ['executor'],
    body: `select e.team_id, e.id, e.approval_id, (extract(epoch from clock_timestamp() - e.started_at) * 1000)::bigint from app.effect e where e.state = 'started' and coalesce(e.not_before <= clock_timestamp(), true) order by e.started_at limit 100` },
  // page by page, so that those that wait for a signed head hold up no other team's
  { name: 'unused_approvals', args: 'after_id uuid, most int', returns: 'table (team_id uuid, id uuid, age_ms bigint)', to: ['executor'],
    body: `select a.team_id, a.id, (extract(epoch from clock_timestamp() - coalesce(a.effective_at, a.decided_at)) * 1000)::bigint from app.goal g join app.team t on t.team_id = g.team_id and t.state = 'active' join app.approval a on a.team_id = g.team_id and a.goal_id = g.id and a.epoch = t.epoch
           where g.state in (${OPEN_GOAL}) and g.paused_at is null and a.state = 'approved' and not exists (select from app.effect e where e.team_id = a.team_id and e.approval_id = a.id)
             and not exists (select from app.mission_stop s where s.team_id = g.team_id and s.mission_id = g.id and s.state = 'paused') and (after_id is null or a.id > after_id) order by a.id limit most` },
  // of what waits long after its last yes the executor's own wait begins when it sees that
  { name: 'waiting_approvals', args: 'after_id uuid, most int', returns: 'table (team_id uuid, id uuid, decided_at timestamptz)', to: ['executor'],
    body: `select a.team_id, a.id, a.decided_at from app.approval a join app.team t on t.team_id = a.team_id and t.state = 'active' and t.epoch = a.epoch where a.state = 'held' and a.held_for = 'approved' and a.effective_at - a.decided_at > interval '${MOST_HOLD_SECONDS} seconds' and (after_id is null or a.id > after_id) order by a.id limit most` },
  { name: 'teams_among', args: 'wanted uuid[]', returns: 'table (team_id uuid)', to: ['spawn-gate'], body: `select t.team_id from app.team t where t.team_id = any (wanted)` },
  // teams that are not over, with how far their record is
  { name: 'team_heads', args: '', returns: 'table (team_id uuid, next_seq bigint)', to: ['manager-agent'],
    body: `select h.team_id, h.next_seq from audit.head h join app.team t on t.team_id = h.team_id where t.state in ('active', 'suspended') order by h.team_id` },
  { name: 'audit_heads', args: 'wanted uuid', returns: 'table (team_id uuid, next_seq bigint, signed_size bigint)', to: ['notary'],
    body: `select h.team_id, h.next_seq, coalesce((select max(c.size) from audit.checkpoint c where c.team_id = h.team_id), 0) from audit.head h where wanted is null or h.team_id = wanted` },
  { name: 'published_policies', args: 'wanted text', returns: 'table (id text, version int, doc jsonb, hash bytea)', to: ['spawn-gate', 'gateway', 'manager-agent'],
    body: `select distinct on (p.id) p.id, p.version, p.doc, p.hash from app.policy p where p.kind = wanted order by p.id, p.version desc` },
  // only the newest is for hire: what took the place of a version has another price, or takes it back
  { name: 'published_bundle', args: 'wanted text, wanted_version int', returns: 'table (id text, version int, doc jsonb, newest int)', to: ['spawn-gate'],
    body: `select b.id, b.version, b.doc, (select max(n.version) from app.bundle n where n.id = b.id) from app.bundle b where b.id = wanted and b.version = wanted_version` },
  // how many teams work by which version of a bundle
  { name: 'teams_by_bundle', args: 'wanted text', returns: 'table (version int, teams int)', to: ['gateway'],
    body: `select t.bundle_version, count(*)::int from app.team t where t.bundle_id = wanted and t.state in ('requested', 'certified', 'active', 'suspended') group by t.bundle_version` },
  // what managers have said of members lately, of teams that still stand
  { name: 'recommendations_lately', args: 'days int', returns: 'table (id uuid, team_id uuid, team_name text, member_id uuid, member text, reason text, evidence jsonb, at timestamptz)', to: ['gateway'],
    body: `select r.id, r.team_id, t.name, r.member_id, m.name, r.reason, r.evidence, r.at from app.recommendation r join app.team t on t.team_id = r.team_id join app.member m on m.team_id = r.team_id and m.id = r.member_id
           where r.at > clock_timestamp() - make_interval(days => days) and t.state in ('active', 'suspended') and m.state <> 'removed' order by r.at desc limit 200` },
  // the remote with which the customer of the context's team adopted a mirror; null for a mirror that is not theirs, as for none
  { name: 'adopted_remote', args: 'wanted text', returns: 'text', to: ['gateway', 'manager-agent', 'fleet', 'executor'],
    body: `select m.remote from app.mirror m join app.team t on t.customer_id = m.customer_id where t.team_id = sec.team() and m.name = wanted` },
  // adopted long ago, and no goal needs it: none is open on it, none ended since, and of none is it unknown what its effect did
  { name: 'idle_mirrors', args: 'keep_hours int', returns: 'table (customer_id uuid, name text)', to: ['fleet'],
    body: `select m.customer_id, m.name from app.mirror m where m.adopted_at < clock_timestamp() - keep_hours * interval '1 hour'
             and not exists (select from app.team t join app.goal g on g.team_id = t.team_id where t.customer_id = m.customer_id and g.repository ->> 'mirror' = m.name and ${needsMirror}) limit 100` },
  { name: 'kept_mirrors', args: 'keep_hours int', returns: 'table (customer_id uuid, name text)', to: ['fleet'],
    body: `select m.customer_id, m.name from app.mirror m union
           select t.customer_id, g.repository ->> 'mirror' from app.team t join app.goal g on g.team_id = t.team_id where g.repository ->> 'mirror' is not null and ${needsMirror}` },
  // the helpdesk's redacted status: counts, titles and states, never content (decisions C-1)
  // sessions in which the customer has heard nothing for as long as was promised
  { name: 'due_status_words', args: '', returns: 'table (team_id uuid)', to: ['helpdesk-agent'],
    // why, at once where nobody was told, also when it is over by now (but not in the middle of another); and from then on as often as was promised
    body: `select distinct s.team_id from app.helpdesk_session s where (s.closed_at is null or s.closed_at > clock_timestamp() - interval '7 days' and not exists (select from app.helpdesk_session o where o.team_id = s.team_id and o.closed_at is null))
           and (not exists (select from app.conversation c where c.team_id = s.team_id and c.message_id = s.id)
             or s.closed_at is null and (select max(c.at) from app.conversation c where c.team_id = s.team_id and c.session_id = s.id and c.author = 'helpdesk') < clock_timestamp() - s.cadence_hours * interval '1 hour') limit 100` },
  { name: 'team_status', args: '', returns: 'jsonb', to: ['helpdesk-agent', 'spawn-gate'],
    body: `select jsonb_build_object('team', (select jsonb_build_object('name', t.name, 'state', t.state, 'since', t.state_changed_at, 'reason', t.state_reason, 'epoch', t.epoch) from app.team t where t.team_id = sec.team()),
      'goals', coalesce((select jsonb_agg(jsonb_build_object('state', g.state, 'since', g.changed_at,
          'tasks', (select coalesce(jsonb_agg(jsonb_build_object('title', k.title, 'state', k.state) order by k.ordinal), '[]') from app.task k where k.team_id = g.team_id and k.goal_id = g.id)) order by g.created_at)
        from app.goal g where g.team_id = sec.team() and g.finished_at is null), '[]'),
      'members', coalesce((select jsonb_agg(jsonb_build_object('name', m.name, 'skill', m.skill, 'state', m.state) order by m.name) from app.member m where m.team_id = sec.team() and m.state <> 'removed'), '[]'),
      'running', (select count(*) from app.instance i where i.team_id = sec.team() and i.state in ('queued', 'running')),
      'finished', (select coalesce(jsonb_object_agg(x.state, x.n), '{}') from (select g.state, count(*) as n from app.goal g where g.team_id = sec.team() and g.finished_at is not null group by g.state) x),
      'approvals', (select jsonb_build_object('waiting', count(*) filter (where a.state in ('pending', 'held')), 'granted', count(*) filter (where a.state = 'approved' and not exists (select from app.effect e where e.team_id = a.team_id and e.approval_id = a.id)),
          'withdrawn', count(*) filter (where a.state = 'withdrawn')) from app.approval a where a.team_id = sec.team()),
      'effects', (select coalesce(jsonb_object_agg(x.state, x.n), '{}') from (select e.state, count(*) as n from app.effect e where e.team_id = sec.team() group by e.state) x))` },
];

const grantees = (reader: Reader): string => (reader.to === 'all' ? SERVICE_ROLES : reader.to.map(databaseRole)).join(', ');

export const define = (r: Reader): string => `
create or replace function ops.${r.name}(${r.args}) returns ${r.returns} language sql stable security definer set search_path = pg_catalog, pg_temp as $f$ ${r.body} $f$;
alter function ops.${r.name} owner to own_ops;
revoke all on function ops.${r.name} from public;
grant execute on function ops.${r.name} to ${grantees(r)};`;

/** The transaction does not wait for the disk: what a crash takes of it, a claim or a mark, only makes the relay send a message again. */
const UNSYNCED = `select set_config('synchronous_commit', 'off', true);`;

/** The relay: each service sees and marks only its own rows (`service = session_user`). */
const relay = `
create function ops.relay_claim(most int) returns table (team_id uuid, id uuid, subject text, key_seq bigint, headers jsonb, payload bytea)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  ${UNSYNCED}
  with claimed as (update app.outbox o set claimed_until = clock_timestamp() + interval '3 seconds', attempts = o.attempts + 1
    where (o.team_id, o.id) in (select p.team_id, p.id from app.outbox p where p.service = session_user and p.published_at is null
      and (p.claimed_until is null or p.claimed_until < clock_timestamp()) order by p.seq limit most for update skip locked)
    returning o.*)
  select c.team_id, c.id, c.subject, c.key_seq, c.headers, c.payload from claimed c order by c.seq $f$;
create function ops.relay_published(teams uuid[], messages uuid[], created timestamptz, stored_seqs bigint[]) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  ${UNSYNCED}
  update app.outbox o set published_at = clock_timestamp(), claimed_until = null, stream_created = created, stream_seq = m.seq
  from unnest(teams, messages, stored_seqs) as m (team, id, seq) where o.team_id = m.team and o.id = m.id and o.service = session_user $f$;
create function ops.relay_release(teams uuid[], messages uuid[]) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  update app.outbox o set claimed_until = null from unnest(teams, messages) as m (team, id) where o.team_id = m.team and o.id = m.id and o.service = session_user $f$;
-- The stream is younger or shorter than what was recorded: everything it can no longer hold is sent again, and what a server
-- that died may not have synced (the broker drops what it still has). Returns how many.
create function ops.relay_check(created timestamptz, last_seq bigint, unsynced_seconds int) returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with again as (update app.outbox o set published_at = null, claimed_until = null
    where o.service = session_user and o.published_at > clock_timestamp() - interval '72 hours' and (o.stream_created <> created or o.stream_seq > last_seq
      or o.published_at > clock_timestamp() - unsynced_seconds * interval '1 second') returning 1)
  select count(*) from again $f$;
-- A service's own: what it sent longer ago than that, and what it took in whose sender has forgotten it. The sender is first, because
-- what is not forgotten can be sent again, and must then be known here. Less than what relay_check looks back on, and a day, is not taken.
create function ops.messages_prune(keep_hours int) returns table (sent bigint, taken bigint)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with before (at) as (select clock_timestamp() - greatest(keep_hours, ${LEAST_KEPT_HOURS}) * interval '1 hour'),
  s as (delete from app.outbox o where (o.team_id, o.id) in (select x.team_id, x.id from app.outbox x, before where x.service = session_user and x.published_at < before.at order by x.published_at limit 5000) returning 1),
  t as (delete from app.inbox i where (i.team_id, i.consumer, i.msg_id) in (select x.team_id, x.consumer, x.msg_id from app.inbox x, before where split_part(x.consumer, ':', 1) = session_user and x.applied_at < before.at
      and not exists (select from app.outbox o where o.team_id = x.team_id and o.id = x.msg_id) limit 5000) returning 1)
  select (select count(*) from s), (select count(*) from t) $f$;
do $$ declare s text; begin
  foreach s in array array['ops.messages_prune(int)', 'ops.relay_claim(int)', 'ops.relay_published(uuid[],uuid[],timestamptz,bigint[])', 'ops.relay_release(uuid[],uuid[])', 'ops.relay_check(timestamptz,bigint,int)'] loop
    execute format('alter function %s owner to own_ops', s); execute format('revoke all on function %s from public', s);
    execute format('grant execute on function %s to ${SERVICE_ROLES.join(', ')}', s);
  end loop; end $$;`;

export const ops = READERS.map(define).join('\n') + relay;
