import type { Service } from './services.js';

/** Read by Node or by every service. */
const EVERYWHERE = ['LANG', 'LC_ALL', 'LC_TIME', 'TZ', 'NODE_ENV', 'NODE_EXTRA_CA_CERTS', 'COUNTERSIGN_MESSAGES_KEPT_HOURS'] as const;

/** Prices, and the keys of providers. */
const MODELS = ['COUNTERSIGN_PRICES', 'OPENAI_BASE_URL', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'] as const;

const OF_ONE: Readonly<Record<Service, readonly string[]>> = {
  gateway: ['HOST', 'OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_FIRST_GOVERNOR', 'GOOGLE_APPLICATION_CREDENTIALS', 'VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY', 'WEB_PUSH_ORIGINS', 'SMTP_URL', 'SMS_URL', 'SMS_TOKEN', 'COUNTERSIGN_APPROVAL_TIMEOUT_MS', 'COUNTERSIGN_EGRESS', 'COUNTERSIGN_TRUSTED_PROXIES', 'COUNTERSIGN_BOUND_TOKENS', 'COUNTERSIGN_DOUBLES'],
  'manager-agent': [],
  'helpdesk-agent': ['COUNTERSIGN_HELPDESK_MODEL', 'COUNTERSIGN_HELPDESK_USD_PER_DAY', ...MODELS],
  'spawn-gate': [],
  fleet: [
    ...['COUNTERSIGN_MODEL', ...MODELS],
    ...['COUNTERSIGN_WORKERS', 'COUNTERSIGN_SEARCH_URL', 'COUNTERSIGN_MIRRORS_KEPT_HOURS', 'COUNTERSIGN_LOGS_KEPT_HOURS'],
  ],
  executor: ['COUNTERSIGN_PUBLISH_DIR', 'COUNTERSIGN_DEVICE_HOLD_MS', 'COUNTERSIGN_FIRST_KEYS', 'COUNTERSIGN_EGRESS', 'SMTP_URL'],
  notary: ['COUNTERSIGN_ENV'],
};

/** The variables of whoever starts a service that it gets: what it reads, and nothing else. A key of one is no business of the others. */
export const settingsOf = (service: Service): readonly string[] => [...EVERYWHERE, ...OF_ONE[service]];
