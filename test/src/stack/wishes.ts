import type { NotificationPreferences, NotificationPreferencesBody } from '@countersign/contracts';
import type { LocalStack } from '@countersign/testing';

/** Saves how somebody wants to be reached: what is named here, and the rest as it was. */
export async function changeWishes(stack: LocalStack, persona: string, changes: Partial<NotificationPreferencesBody>): Promise<void> {
  const { version, available: _available, webPushKey: _webPushKey, substitutes: _substitutes, ...wishes } = await stack.get<NotificationPreferences>(persona, '/v1/notification-preferences');
  const headers = { 'content-type': 'application/json', 'if-match': `"${version}"` };
  const saved = await stack.fetch(persona, '/v1/notification-preferences', { method: 'PUT', headers, body: JSON.stringify({ ...wishes, ...changes }) });
  if (!saved.ok) throw new Error(`the wishes of ${persona} were not saved: ${saved.status} ${await saved.text()}`);
}
