import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: Vitest reads it so.
export default defineConfig({
  // In one file instead of 700: every file of tests loads it anew.
  resolve: {
    alias: {
      chevrotain: fileURLToPath(new URL('node_modules/chevrotain/lib/chevrotain.mjs', import.meta.url)),
    },
  },
  test: {
    dir: 'test',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One more than there are cores: some tests wait for a browser or for other processes.
    maxWorkers: Math.min(8, availableParallelism() + 1),
  },
});
