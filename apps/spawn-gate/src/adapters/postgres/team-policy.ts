export { readTeamPolicy, type TeamTerms } from '@countersign/database';
