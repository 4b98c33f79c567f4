import { defineConfig } from 'vitest/config';

// Every process and worker thread that tests start compiles the same sources: found compiled, they start with a third of the CPU.
process.env.NODE_COMPILE_CACHE ??= new URL('./node_modules/.cache/compile', import.meta.url).pathname;

const resolve = { alias: { callsurge: new URL('./src/index.ts', import.meta.url).pathname } };
/** Whole runs and the lab: processes of their own, real time, real calls. */
const runs = ['test/e2e/**/*.test.ts', 'test/lab/**/*.test.ts'];
/** Those that load the machine themselves: nothing else beside them, or they measure each other. */
const alone = ['test/e2e/throughput.test.ts', 'test/lab/midnight-spike.test.ts'];

/** Two files at once on two cores, first the rooms, then whole runs, then the heavy ones one at a time. */
export default defineConfig({
  test: {
    hookTimeout: 120_000,
    projects: [
      {
        resolve,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: runs,
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: { name: 'runs', include: runs, exclude: alone, testTimeout: 60_000, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        resolve,
        test: { name: 'alone', include: alone, testTimeout: 60_000, maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
