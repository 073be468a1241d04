import { defineConfig } from 'vitest/config';

// Tests that run the model themselves tell its maker nothing either; src/engine/client/engine.ts says why.
process.env.ORT_DISABLE_TELEMETRY = '1';

/**
 * `unit` takes a few seconds. `slow` kills, floods, replays and compares with references. `loop` runs the real model,
 * database and processes.
 */
export default defineConfig({
  test: {
    projects: [
      // Slow only where the machine is busy; a limit is there for what hangs.
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          pool: 'forks',
          // Files share the modules that they load: that halves the time of the whole.
          isolate: false,
          setupFiles: ['test/unit/setup.ts'],
          testTimeout: 120_000,
        },
      },
      { test: { name: 'slow', include: ['test/slow/**/*.test.ts'], pool: 'forks', testTimeout: 300_000 } },
      {
        test: {
          name: 'webgpu',
          include: ['test/webgpu/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'loop',
          include: ['test/loop/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      // A real VS Code, or the packaged extension: minutes each, so neither is part of `npm test`.
      ...['vscode', 'package'].map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          pool: 'forks' as const,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      })),
    ],
  },
});
