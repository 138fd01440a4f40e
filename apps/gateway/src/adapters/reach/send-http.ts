/** The answer, or in one word why there is none. Follows no redirect: what we send belongs to nobody else. */
export async function sendHttp(url: string, init: RequestInit, timeoutMs: number): Promise<Response | 'timeout' | 'unreachable'> {
  try {
    return await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return 'timeout';
    if (error instanceof TypeError) return 'unreachable';
    throw error;
  }
}
