// `npm run bench`: how soon a question is looked at, by what is wrong with the providers. The rules are the real ones, time and people are simulated.
import { MINUTE } from './ladder-play.js';
import { playAll } from './skies.js';

const QUESTIONS = 2_000;
const minutes = (ms: number): string => (Number.isNaN(ms) ? '–' : (ms / MINUTE).toFixed(1)).padStart(8);

console.log(`\n  From asking to the first human view (minutes, ${QUESTIONS} questions each, simulated)\n\n  ${'providers'.padEnd(18)}${'p50'.padStart(8)}${'p95'.padStart(8)}   looked at`);
for (const { name, p50Ms, p95Ms, viewed, plays } of playAll(QUESTIONS)) console.log(`  ${name.padEnd(18)}${minutes(p50Ms)}${minutes(p95Ms)}   ${((viewed * 100) / plays.length).toFixed(1)} %`);
