/** Writes 5000 calls into the folder named on the command line, under a file size limit, and prints what came of it as JSON. */
import type { CallsurgeError } from '../../src/errors.ts';
import { RunFolder } from '../../src/record/journal.ts';
import { rowOf } from '../../src/record/schema.ts';

const told: string[] = [];
const folder = RunFolder.create(process.argv[2]!, { flushRows: 10, onProblem: (error) => told.push(error.oneLine()) });
for (let iteration = 0; iteration < 5000; iteration++) folder.write('calls', rowOf('calls', { call: `0-${iteration}`, iteration }));
let closed = 'nothing thrown';
try {
  folder.close();
} catch (error) {
  closed = (error as CallsurgeError).code;
}
process.stdout.write(JSON.stringify({ told, rowsLost: folder.rowsLost, closed }));
