const FREE_FROM_PAISE = 50000;
const FEE_PER_KM_PAISE = 900;
const LONGEST_KM = 8;
const MINUTES_PER_KM = 6;
const BREWING_MINUTES = 12;

export class DeliveryUnavailableError extends Error {
  constructor(km) {
    super(`${km} km is further than we ride`);
    this.name = 'DeliveryUnavailableError';
    this.km = km;
  }
}

export function deliveryFee(totalPaise, km) {
  if (km > LONGEST_KM) throw new DeliveryUnavailableError(km);
  return totalPaise >= FREE_FROM_PAISE ? 0 : Math.ceil(km) * FEE_PER_KM_PAISE;
}

export function deliveryWindow(orderedAt, km) {
  if (km > LONGEST_KM) throw new DeliveryUnavailableError(km);
  const earliest = new Date(orderedAt.getTime() + (BREWING_MINUTES + km * MINUTES_PER_KM) * 60_000);
  return { earliest, latest: new Date(earliest.getTime() + 15 * 60_000) };
}
