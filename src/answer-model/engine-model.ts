import type { Engine, GenerateOptions } from '../engine/client/engine.ts';
import type { Generated } from '../engine/protocol.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { AnswerModel } from './answer-model.ts';
import { excerptTokens, smallProfile } from './profile.ts';
import type { AnswerProfile } from './profile.ts';

/** The model that is always there: the encoder's own base, in the engine that is already loaded. */
export const BUILT_IN = 'Qwen2.5-Coder-0.5B-Instruct';

/** A model that runs in this program's engine. */
export class EngineModel implements AnswerModel {
  readonly destination = { kind: 'process' } as const;
  readonly name: string;
  readonly profile: AnswerProfile;
  readonly #engine: Engine;

  constructor(engine: Engine, name: string = BUILT_IN, profile: AnswerProfile = smallProfile) {
    this.#engine = engine;
    this.name = name;
    this.profile = profile;
  }

  async excerptTokens(signal: AbortSignal | undefined): Promise<number> {
    const { prefillRate } = await this.#engine.describe({ signal, priority: 'question' });
    return excerptTokens(this.profile, prefillRate);
  }

  async keptTokens(signal: AbortSignal | undefined): Promise<number> {
    const { keptTokens } = await this.#engine.describe({ signal, priority: 'question' });
    return keptTokens;
  }

  generate(messages: readonly Message[], options: GenerateOptions): Promise<Generated> {
    return this.#engine.generate(messages, options);
  }
}
