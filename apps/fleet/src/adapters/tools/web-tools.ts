import type { Capabilities, WebFetchArgs, WebFetchResult, WebSearchArgs, WebSearchResult } from '@countersign/contracts';
import type { Wire } from '@countersign/service';
import { judgeUrl, refuseSearch } from '../../domain/capability/hosts.js';
import { Turns } from '../../turns.js';
import { contentOf } from './file-tools.js';
import { getPage, type GetLimits, type Page } from './http-get.js';
import { check, ToolProblem } from './outcomes.js';

const LIMITS: GetLimits = { maxBytes: 500_000, timeoutMs: 20_000, maxRedirects: 5 };
/** What the query replaces in the configured address. */
const QUERY = '{query}';

export interface WebMeans {
  readonly wire: Wire;
  /** The search service of this installation, `https://…{query}…`; undefined: none. */
  readonly searchUrl: string | undefined;
}

/** webfetch and websearch: the fleet asks, the worker has no network. */
export class WebTools {
  /** Pages asked for at once: each is held in memory. */
  private readonly turns = new Turns(4);

  constructor(
    private readonly capabilities: Capabilities,
    private readonly means: WebMeans,
    private readonly stopped: AbortSignal,
  ) {}

  async webfetch({ url, max_bytes = LIMITS.maxBytes }: WebFetchArgs): Promise<WebFetchResult> {
    const page = await this.page(url, (text) => judgeUrl(this.capabilities, text), max_bytes);
    return { url, final_url: page.url, status: page.status, content_type: page.contentType, ...contentOf(page.body), truncated: page.truncated };
  }

  async websearch({ query }: WebSearchArgs): Promise<WebSearchResult> {
    check(refuseSearch(this.capabilities));
    const { searchUrl } = this.means;
    if (searchUrl === undefined) throw new ToolProblem('search_not_configured', 'this installation names no search service');
    const page = await this.page(searchUrl.replace(QUERY, encodeURIComponent(query)), this.judgeService(searchUrl));
    if (page.status !== 200) throw new ToolProblem('http_failed', `the search service answers ${page.status}`);
    return { content_type: page.contentType, ...contentOf(page.body) };
  }

  private page(url: string, judge: (text: string) => ReturnType<typeof judgeUrl>, maxBytes = LIMITS.maxBytes): Promise<Page> {
    return this.turns.take(() => getPage(url, judge, this.means.wire, { ...LIMITS, maxBytes }, this.stopped));
  }

  /** The service is the operator's choice: its one host is granted, wherever it redirects to is not. */
  private judgeService(searchUrl: string): (text: string) => ReturnType<typeof judgeUrl> {
    const { host } = new URL(searchUrl);
    const service: Capabilities = { ...this.capabilities, net_scopes: { enabled: true, allow_hosts: [host] } };
    return (text) => judgeUrl(service, text);
  }
}
