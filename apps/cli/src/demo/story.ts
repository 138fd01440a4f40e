import type { RepairSpec } from '@countersign/contracts';

/** What the demo asks its team for on its own repository. */
export const DEMO_BUNDLE = 'code-care';
export const DEMO_GOAL = 'Fix the loyalty discount, document what is exported and show which tests are missing';
/** For a person's own repository, where nobody knows of a repair. */
export const REPO_GOAL = 'Document what is exported and show which tests are missing';

const FROM = 'return Math.floor((drinks + drinksBefore - 1) / EVERY);';
const candidate = (replace: string): object => ({ path: 'src/loyalty.js', find: FROM, replace });

/** The failing suite, and three ideas of which the last is right: the patch member tries them one by one. */
export const DEMO_REPAIR: RepairSpec = {
  check: 'node --test',
  candidates: [
    candidate('return Math.round((drinks + drinksBefore) / EVERY);'),
    candidate('return Math.floor((drinks + drinksBefore) / EVERY);'),
    candidate('return Math.floor((drinks + drinksBefore) / EVERY) - Math.floor(drinksBefore / EVERY);'),
  ],
};
