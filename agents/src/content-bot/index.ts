/** The content-bot: the campaign's article, from what the customer's brief says. */
import { copyBot } from '../campaign/copy-bot.js';
import { sentence } from '../campaign/words.js';

export const ARTICLE = 'campaign/article.md';

export const { init, onTask } = copyBot({
  name: 'the article',
  path: ARTICLE,
  write: ({ title, brand, product, audience, offer, link, facts }) => `# ${title}

${sentence(`${brand} has something for ${audience || 'you'}: ${product}`)}

## What it is

${facts.map((fact) => `- ${fact}`).join('\n')}

## What is on offer

${sentence(offer)}

## Where to find it

[${product}](${link})
`,
  wish: 'Make the article worth reading: a first sentence that says why it matters to this audience, short paragraphs in place of the list where that reads better. Keep title, offer and link.',
});
