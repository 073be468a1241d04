import { fileURLToPath } from 'node:url';
import { isSupervised, supervise } from './terminal/supervisor.ts';

if (isSupervised()) await import('./terminal/program.ts');
else process.exitCode = await supervise(fileURLToPath(import.meta.url));
