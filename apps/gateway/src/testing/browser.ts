export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
}

/** As much of a browser as signing in needs: cookies, redirects one by one, forms. */
export class Browser {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  constructor(private readonly origin: string) {}

  cookie(name: string): string | undefined {
    return this.cookies.get(name)?.value;
  }

  /** The cookies that go with an address. */
  header(pathname = '/'): string {
    return [...this.cookies].filter(([, { path }]) => pathname.startsWith(path)).map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  async send(method: string, address: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Page> {
    const url = new URL(address, this.origin);
    const cookie = this.header(url.pathname);
    const response = await fetch(url, { method, redirect: 'manual', headers: { ...headers, ...(cookie === '' ? {} : { cookie }) }, ...(body === undefined ? {} : { body }) });
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) this.keep(line);
    return { url: url.href, status: response.status, headers: response.headers, text: await response.text(), location: response.headers.get('location') ?? undefined, setCookies };
  }

  /** Follows redirects until a page comes. */
  async follow(address: string): Promise<Page> {
    let page = await this.send('GET', address);
    for (let hops = 0; page.location !== undefined && hops < 10; hops++) page = await this.send('GET', new URL(page.location, page.url).href);
    return page;
  }

  /** Sends a form and follows redirects up to, not including, an address that begins with `until`; returns that address. */
  async submitUntil(address: string, form: Record<string, string>, until: string): Promise<string> {
    let page = await this.send('POST', address, { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }, new URLSearchParams(form).toString());
    for (let hops = 0; hops < 10; hops++) {
      const next = new URL(page.location ?? '/', page.url);
      if (next.pathname.startsWith(until)) return next.href;
      page = await this.send('GET', next.href);
    }
    throw new Error(`never came to ${until}`);
  }

  /** Sends the persona form and goes through to the callback's own answer. */
  async submit(address: string, form: Record<string, string>, status: number): Promise<Page> {
    const page = await this.send('GET', await this.submitUntil(address, form, '/auth/callback'));
    if (page.status !== status) throw new Error(`the callback answered ${page.status}`);
    return page;
  }

  async signIn(persona: string): Promise<void> {
    const picker = await this.follow('/auth/login');
    await this.submit(picker.url, { persona }, 302);
  }

  async json<T>(address: string): Promise<T> {
    return JSON.parse((await this.send('GET', address)).text) as T;
  }

  private keep(line: string): void {
    const [pair, ...attributes] = line.split('; ');
    const [name, value] = [pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1)];
    const attribute = (wanted: string): string | undefined => attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const over = attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '') < Date.now();
    if (value === '' || over) this.cookies.delete(name);
    else this.cookies.set(name, { value, path: attribute('path') ?? '/' });
  }
}
