import { builtinRules } from 'eslint/use-at-your-own-risk';

/** ESLint's own rule, which the linter does not have: the house rules are written as its selectors. */
export default { meta: { name: 'house' }, rules: { 'no-restricted-syntax': builtinRules.get('no-restricted-syntax') } };
