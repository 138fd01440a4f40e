import { expect } from 'expect';
import { describe, it } from 'node:test';
import { ConfigError, readConfig } from './config.js';

const good = {
  SERVICE: 'fleet',
  DATABASE_URL: 'postgres://svc_fleet:secret@127.0.0.1:5432/countersign',
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_CREDS: '/home/creds',
  CONTEXT_KEY_FILE: '/home/key',
  AUDIT_KEY_FILE: '/home/audit',
  COUNTERSIGN_HOME: '/home/fleet',
  HEALTH_PORT: '4410',
};

describe('the environment of a service', () => {
  it('is read once into a frozen object', () => {
    const config = readConfig('fleet', good);
    expect(config).toMatchObject({ service: 'fleet', healthPort: 4410, logLevel: 'info', home: '/home/fleet', messagesKeptHours: 168 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('is refused with every bad variable named at once, and no value', () => {
    const bad = { SERVICE: 'gateway', DATABASE_URL: 'mysql://secret', NATS_URL: 'secret', HEALTH_PORT: '70000', LOG_LEVEL: 'secret', COUNTERSIGN_MESSAGES_KEPT_HOURS: '95' };
    const error = ((): unknown => {
      try {
        return readConfig('fleet', bad);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    const { problems, message } = error as ConfigError;
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(['AUDIT_KEY_FILE', 'CONTEXT_KEY_FILE', 'COUNTERSIGN_HOME', 'COUNTERSIGN_MESSAGES_KEPT_HOURS', 'DATABASE_URL', 'HEALTH_PORT', 'LOG_LEVEL', 'NATS_CREDS', 'NATS_URL', 'SERVICE']);
    expect(message).not.toContain('secret');
  });

  it('needs no audit key for the notary, which reads no payload', () => {
    expect(readConfig('notary', { ...good, SERVICE: 'notary', AUDIT_KEY_FILE: undefined }).auditKeyFile).toBeUndefined();
  });
});
