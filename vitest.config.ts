import { defineConfig } from 'vitest/config';

const alias = { callsurge: new URL('./src/index.ts', import.meta.url).pathname };
/** Whole runs and the lab: processes of their own, real time, real calls. One file at a time, or they measure each other. */
const whole = ['test/e2e/**/*.test.ts', 'test/lab/**/*.test.ts'];

export default defineConfig({
  test: {
    hookTimeout: 120_000,
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: whole,
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { alias },
        test: { name: 'whole', include: whole, testTimeout: 60_000, maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
