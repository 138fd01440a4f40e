/** The processes that hold a credential of their own: one database role and one NATS user each. */
export const SERVICES = [
  'gateway',
  'manager-agent',
  'helpdesk-agent',
  'spawn-gate',
  'fleet',
  'executor',
  'notary',
] as const;
export type Service = (typeof SERVICES)[number];

/** The database role of a service: `svc_` and the name with underscores. */
export const databaseRole = (service: Service): string => `svc_${service.replaceAll('-', '_')}`;
