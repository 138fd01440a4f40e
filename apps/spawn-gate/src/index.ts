export { SpawnGateModule } from './spawn-gate.module.js';
