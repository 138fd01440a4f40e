/** Variables of the product's own environment that are secrets, hold one, lead to one, or open a door: no agent is given them. */
export const SECRET_VARIABLES = [
  'DATABASE_URL', 'NATS_URL', 'NATS_CREDS', 'CONTEXT_KEY_FILE', 'AUDIT_KEY_FILE', 'LOCAL_ISSUER_SECRET_FILE',
  'OIDC_CLIENT_SECRET', 'OIDC_FIRST_GOVERNOR', 'GOOGLE_APPLICATION_CREDENTIALS', 'VAPID_PRIVATE_KEY', 'SMTP_URL', 'SMS_URL', 'SMS_TOKEN',
  'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS',
  'SSH_AUTH_SOCK', 'GIT_ASKPASS', 'SSH_ASKPASS', 'COUNTERSIGN_PARENT_PIPE', 'COUNTERSIGN_SEARCH_URL',
] as const;

/** How secrets are named everywhere: by a whole word of the name, or by a word that nobody uses for anything else. */
const PATTERNS: readonly RegExp[] = [
  /(?:^|_)(?:KEYS?|CREDS?|AUTH|PASS|PAT|PIN|DSN|COOKIES?|SESSION|SIGNATURE|PRIVATE)(?:_|$)/,
  /SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|APIKEY|BEARER/,
  /TOKENS?(?:_FILE)?$|(?:^|_)TOKEN_/,
  /(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MONGO(?:DB)?|REDIS|AMQP|RABBITMQ|NATS|KAFKA|SMTP|MAIL|WEBHOOK)_?UR[IL]S?$/,
];
/** A number of tokens is no token. */
const COUNTED = /(?:^|_)(?:MAX|MIN|N|NUM|LIMIT)_(?:\w+_)?TOKENS$/;

/** Whether a variable may hold a secret, told by its name alone; upper and lower case are the same. */
export function isSecretVariable(name: string): boolean {
  const upper = name.toUpperCase();
  if ((SECRET_VARIABLES as readonly string[]).includes(upper)) return true;
  return !COUNTED.test(upper) && PATTERNS.some((pattern) => pattern.test(upper));
}
