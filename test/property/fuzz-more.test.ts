// The differential fuzz, models 501 to 1000 (see fuzz.test.ts).
import { fuzzBlocks } from './fuzz-blocks.js';

fuzzBlocks(501, 5);
