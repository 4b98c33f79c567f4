import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { callsurge: new URL('./src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // Real sockets and real time on two cores: two files at once, no more, or timed assertions measure the neighbours.
    maxWorkers: 2,
  },
});
