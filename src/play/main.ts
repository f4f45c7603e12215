// bin/play: a diagram through the real deploy check and the real step, without a database.
import { run } from './run.js';

// `bin/play x.bpmn | head` is no fault
process.stdout.on('error', () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), {
  tell: (line) => void process.stdout.write(`${JSON.stringify(line)}\n`),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
});
