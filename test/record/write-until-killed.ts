/** Writes one call a millisecond into the folder named on the command line and prints how many, until it is killed. */
import { RunFolder } from '../../src/record/journal.ts';
import { type RunMeta, rowOf } from '../../src/record/schema.ts';

const folder = RunFolder.create(process.argv[2]!);
folder.writeMeta({ format: 1, run: 'killed', startMs: Date.now(), end: null } as unknown as RunMeta);
const start = performance.now();
let iteration = 0;
setInterval(() => {
  while (iteration < performance.now() - start) folder.write('calls', rowOf('calls', { call: `0-${iteration}`, iteration: iteration++ }));
  process.stdout.write(`${iteration}\n`);
}, 5);
setTimeout(() => process.exit(1), 30_000);
