/** The social-bot: one post for each network, as long as it may be there. */
import { copyBot } from '../campaign/copy-bot.js';
import { fit, keywords, sentence } from '../campaign/words.js';
import { ARTICLE } from '../content-bot/index.js';

const SHORT = 280;

export const { init, onTask } = copyBot({
  name: 'the posts',
  path: 'campaign/social.md',
  after: ARTICLE,
  write: ({ title, brand, product, offer, link, facts }, article) => {
    const tags = keywords(article === '' ? product : article, 3).map((word) => `#${word}`).join(' ');
    return `# Posts

## LinkedIn

${title}

${sentence(`${brand}: ${product}`)} ${sentence(offer)}

${facts.map((fact) => `• ${fact}`).join('\n')}

${link}

## Instagram

${sentence(title)} ${sentence(offer)}

${sentence(facts[0]!)}

${tags}

## X

${fit(`${sentence(product)} ${sentence(offer)}`, Math.max(2, SHORT - link.length - 1))} ${link}
`;
  },
  wish: 'Write each post in the manner of its network. X at most 280 characters with the link, Instagram at most 2200, LinkedIn at most 3000. Keep the three headings.',
});
