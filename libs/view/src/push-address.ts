import type { Device } from '@countersign/contracts';

/** Its push service said that the address is none any more: the same one is not told again, a new one is. A module of its own, as it is loaded at each start. */
export const addressGivenUp = ({ rings, lastFailure }: Pick<Device, 'rings' | 'lastFailure'>): boolean => !rings && lastFailure !== null;
