import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TestIssuer {
  readonly url: string;
  sign(claims: Record<string, unknown>): Promise<string>;
  close(): void;
}

/** Somebody else's OpenID issuer: a discovery document, a key set, and the power to sign. */
export async function startIssuer(): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}`;
    const document = request.url === '/jwks' ? { keys: [jwk] } : { issuer: url, jwks_uri: `${url}/jwks` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    sign: (claims) => new SignJWT({ iss: url, exp: Math.floor(Date.now() / 1000) + 3_600, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
