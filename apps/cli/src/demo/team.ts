import type { TeamSummary } from '@countersign/contracts';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { credentialFor } from '../api/sign-in.js';
import { ApiClient } from '../api/client.js';
import type { Call } from '../commands/command.js';
import { DEMO_BUNDLE } from './story.js';

/**
 * The customer's team: the one that is there, or a new one, certified by Genesis and put to work by the customer.
 * A team that was left half-way (the demo was ended in between) is taken up where it is.
 */
export async function ensureTeam(call: Call, customer: ApiClient): Promise<{ team: TeamSummary; hired: boolean }> {
  const find = async (): Promise<TeamSummary | undefined> => (await customer.teams()).find(({ bundleId, state }) => bundleId === DEMO_BUNDLE && ['requested', 'certified', 'active', 'suspended'].includes(state));
  const known = await find();
  if (known?.state === 'active') return { team: known, hired: false };
  if (known?.state === 'suspended') throw new SetupError(`the team ${known.name} is suspended`, { hint: `countersign team reactivate ${known.id}, then run the demo again` });
  const id = known?.id ?? (await customer.hire(await customer.bundle(DEMO_BUNDLE), 'production')).id;
  if (known?.state !== 'certified') {
    const genesis = new ApiClient({ url: customer.url, credential: await credentialFor(call, 'genesis') });
    await genesis.moveTeam(id, 'certify', undefined);
  }
  await customer.moveTeam(id, 'deploy', undefined);
  const team = await find();
  if (team?.state !== 'active') throw new SetupError(`the team is ${team?.state ?? 'gone'} after it was deployed`);
  return { team, hired: true };
}
