import { noEditor } from '../support/no-editor.ts';
import { join } from 'node:path';
import { ServiceClient } from '../../src/service/client.ts';
import type { ServiceOptions } from '../../src/service/client.ts';

const top = join(import.meta.dirname, '../..');

/** The built service as the extension starts it, on the CPU, with its memories in a folder of their own. */
export function serviceIn(home: string, onNotice: ServiceOptions['onNotice']): ServiceClient {
  return new ServiceClient({
    script: join(top, 'dist/service.js'),
    settings: {
      engineScript: join(top, 'dist/engine.js'),
      modelsFolder: join(top, 'models'),
      home,
      device: 'cpu',
      threads: 0,
      exclude: [],
      isTrusted: true,
    },
    host: noEditor,
    onNotice,
  });
}
