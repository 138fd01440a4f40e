/** The email-bot: one letter to people who have said that they want it. */
import { copyBot } from '../campaign/copy-bot.js';
import { fit, sentence } from '../campaign/words.js';
import { ARTICLE } from '../content-bot/index.js';

export const { init, onTask } = copyBot({
  name: 'the letter',
  path: 'campaign/email.md',
  after: ARTICLE,
  write: ({ title, brand, product, offer, link, facts }) => `Subject: ${fit(title, 60)}
Preheader: ${fit(offer, 100)}

Hello,

${sentence(`${brand} has news: ${product}`)}

${facts.map((fact) => `- ${fact}`).join('\n')}

${sentence(offer)}

${link}

${brand}

You get this letter because you asked for our news. Answer it to get no more.
`,
  wish: 'Make it a letter that one person would write to another. Subject at most 60 characters, preheader at most 100. Keep both lines, the link, and the last line.',
});
