export { NotaryModule } from './notary.module.js';
