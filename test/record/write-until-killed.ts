/** Writes one call a millisecond into the folder named on the command line and prints how many, until it is killed. */
import { RunFolder } from '../../src/record/journal.ts';
import { rowOf } from '../../src/record/schema.ts';
import { META } from './meta.ts';

const folder = RunFolder.create(process.argv[2]!);
folder.writeMeta({ ...META, run: 'killed', startMs: Date.now() });
const start = performance.now();
let iteration = 0;
setInterval(() => {
  while (iteration < performance.now() - start) folder.write('calls', rowOf('calls', { call: `0-${iteration}`, iteration: iteration++ }));
  process.stdout.write(`${iteration}\n`);
}, 5);
setTimeout(() => process.exit(1), 30_000);
