// Node does not apply `--import tsx` to the first file of a worker thread; this first file does it by hand.
import { register } from 'tsx/esm/api';

register();
await import('./stepper-thread.ts');
