import { readManifest } from '../../../../src/engine/weights/model-files.ts';
import { createSession } from '../../../../src/engine/runtime/session.ts';
import { runTiny, tinyGraph } from '../tiny.ts';

/** run-tiny.ts <folder>: opens the tiny decoder that lies there and prints what it computes. */
const folder = process.argv[2] ?? '';
const manifest = await readManifest(folder);
const session = await createSession(tinyGraph(manifest), folder, { device: 'cpu', threads: 1 });
process.stdout.write(JSON.stringify(await runTiny(session, manifest)));
