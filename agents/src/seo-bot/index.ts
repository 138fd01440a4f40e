/** The seo-bot: how the campaign's article appears in a search, from the article itself. */
import { copyBot } from '../campaign/copy-bot.js';
import { fit, keywords, sentence, slugOf } from '../campaign/words.js';
import { ARTICLE } from '../content-bot/index.js';

export const { init, onTask } = copyBot({
  name: 'the search listing',
  path: 'campaign/search.md',
  after: ARTICLE,
  write: ({ title, brand, product, offer, facts }, article) => `# Search listing

Title: ${fit(`${title} | ${brand}`, 60)}
Description: ${fit(`${sentence(product)} ${sentence(offer)}`, 160)}
Slug: ${slugOf(title) || slugOf(product) || 'campaign'}
Keywords: ${keywords(article === '' ? [title, product, ...facts].join('\n') : article, 8).join(', ')}
`,
  wish: 'Make title and description what somebody who searches for this would click. Title at most 60 characters, description at most 160, slug in lower case with hyphens.',
});
