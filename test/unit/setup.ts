import { afterAll, vi } from 'vitest';

// Test files share a process (vitest.config.ts), so each leaves the environment and the limits as it found them.
const before = { ...process.env };

afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
  vi.resetConfig();
});
