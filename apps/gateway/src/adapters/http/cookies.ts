const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');

/** `__Host-` pins the cookie to this host and to https; a plain-http machine of one's own cannot have it. */
export const sessionCookieName = (publicUrl: string): string => (isSecure(publicUrl) ? '__Host-countersign_session' : 'countersign_session');
export const loginCookieName = (publicUrl: string): string => (isSecure(publicUrl) ? '__Host-countersign_login' : 'countersign_login');

export function readCookie(header: string | undefined, name: string): string | undefined {
  const pair = header?.split(';').find((part) => part.trimStart().startsWith(`${name}=`));
  const value = pair?.slice(pair.indexOf('=') + 1).trim();
  return value !== undefined && /^[\w.-]{1,2000}$/.test(value) ? value : undefined;
}

/** `Lax`: a link from elsewhere arrives signed in, a form from elsewhere does not. */
export const setCookie = (publicUrl: string, name: string, value: string, lifeSeconds: number): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifeSeconds}${isSecure(publicUrl) ? '; Secure' : ''}`;
