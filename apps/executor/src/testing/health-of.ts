import type { HealthReport, RunningService } from '@countersign/service';

/** What a service's health page says, with its status. */
export async function healthOf({ healthPort }: RunningService): Promise<HealthReport & { readonly status: number }> {
  const response = await fetch(`http://127.0.0.1:${healthPort}/healthz`);
  return { ...((await response.json()) as HealthReport), status: response.status };
}
