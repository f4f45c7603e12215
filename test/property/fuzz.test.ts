// The differential fuzz, models 1 to 500: engine against reference, state saved and loaded before every action, sliced
// and full. A failing case prints its seed, the shrunk diagram and the actions, and leaves a file that
// `npm run fuzz -- --replay FILE` plays again. Longer runs: npm run fuzz -- 10000 SEED
import { fuzzBlocks } from './fuzz-blocks.js';

fuzzBlocks(1, 5);
