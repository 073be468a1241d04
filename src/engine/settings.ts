import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environmentFolder } from '../common/environment.ts';
import { MAX_POSITIONS } from '../../kernels/rotary.ts';

/** Tokens of a prompt and its answer together, at most. */
export const CONTEXT_TOKENS = MAX_POSITIONS;

/** `auto` takes the GPU only after it has proved that it computes the same and faster. */
export type DeviceChoice = 'auto' | 'cpu' | 'webgpu';

/** Tokens of a segment without its header; small enough that a share points at a screenful. */
export const SEGMENT_TOKENS = 256;

export interface EngineSettings {
  readonly baseFolder: string;
  readonly adapterFolder: string;
  /** Whether the base stands alone: it writes answers, and has no adapter to encode with. */
  readonly isAnswerOnly: boolean;
  readonly device: DeviceChoice;
  readonly threads: number;
}

/** The models that ship with the program: `models` beside `dist` or, from source, at the top. */
function modelsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'models')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'models');
}

/** One thread a core up to eight, one core left for the editor where there are more than two. */
export function defaultThreads(cores: number = availableParallelism()): number {
  return Math.max(1, Math.min(8, cores > 2 ? cores - 1 : cores));
}

/** Throws `command/environment` where ASK_CODEBASE_MODELS is no absolute path. */
export function defaultSettings(overrides: Partial<EngineSettings> = {}): EngineSettings {
  const models = (part: string) => join(environmentFolder('ASK_CODEBASE_MODELS') ?? modelsFolder(), part);
  return {
    baseFolder: overrides.baseFolder ?? models('base'),
    adapterFolder: overrides.adapterFolder ?? models('adapter'),
    isAnswerOnly: false,
    device: 'auto',
    threads: defaultThreads(),
    ...overrides,
  };
}

/** The settings that the host hands to the engine's process as one argument. */
export function parseSettings(json: string): EngineSettings {
  const raw: unknown = JSON.parse(json);
  if (typeof raw !== 'object' || raw === null) throw new Error('The engine was started without settings.');
  const text = (key: string): string => {
    const value: unknown = Reflect.get(raw, key);
    if (typeof value !== 'string') throw new Error(`The engine's setting ${key} is missing.`);
    return value;
  };
  const device = text('device');
  if (device !== 'auto' && device !== 'cpu' && device !== 'webgpu') throw new Error(`There is no device ${device}.`);
  return {
    baseFolder: text('baseFolder'),
    adapterFolder: text('adapterFolder'),
    isAnswerOnly: Reflect.get(raw, 'isAnswerOnly') === true,
    device,
    threads: Number(Reflect.get(raw, 'threads')) || 1,
  };
}
