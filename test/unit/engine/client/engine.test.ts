import { writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Engine } from '../../../../src/engine/client/engine.ts';

/** An engine whose process runs `source` instead of the model. */
function engineOf(source: string, onLog?: (line: string) => void): Engine {
  const script = join(mkdtempSync(join(tmpdir(), 'engine-')), 'engine.cjs');
  writeFileSync(script, source);
  return new Engine({ script, settings: { device: 'cpu' }, ...(onLog && { onLog }) });
}

it('a runtime that is not there for this system is told at once, not started again and again', async () => {
  const engine = engineOf(`require('../bin/napi-v6/plan9/mips/onnxruntime_binding.node');`);
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/unsupported' });
  engine.close();
});

it('a process that dies for another reason is started again, and given up in the end', async () => {
  const engine = engineOf('process.exit(7);');
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/gave-up' });
  engine.close();
});

it('the runtime is told to tell nobody anything', async () => {
  // The runner of the tests says so too, for the tests themselves.
  delete process.env.ORT_DISABLE_TELEMETRY;
  const lines: string[] = [];
  const source = `console.error('ORT_DISABLE_TELEMETRY=' + process.env.ORT_DISABLE_TELEMETRY); process.exit(7);`;
  const engine = engineOf(source, (line) => lines.push(line));
  await expect(engine.encode('', 'text')).rejects.toMatchObject({ code: 'engine/gave-up' });
  engine.close();
  expect(lines).toContain('ORT_DISABLE_TELEMETRY=1');
});
