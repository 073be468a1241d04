import { featureMap } from '../../src/memory/feature-map.ts';
import type { MemoryShape } from '../../src/memory/shape.ts';

export const SHAPE: MemoryShape = {
  tokens: 1,
  keySize: 8,
  blocks: 0,
  valueSize: 0,
  featureMap: featureMap({ kind: 'dpfp', order: 3 }, 8),
};

/** Stands for the model: cuts at blank lines, and makes keys from the text alone. Everything else of an ingest is real. */
export const encoder = {
  segment(text: string) {
    let start = 1;
    return Promise.resolve(
      text.split(/(?<=\n\n)/).map((part) => {
        const lines = Math.max(1, part.split('\n').length - 1);
        const segment = { start, end: start + lines - 1, text: part, tokens: part.length };
        start += lines;
        return segment;
      }),
    );
  },

  encode(header: string, text: string) {
    const whole = header + text;
    const raw = Float32Array.from({ length: 8 }, (_, at) => 1 + (whole.charCodeAt((at * 7) % whole.length) || 0));
    const length = Math.hypot(...raw);
    return Promise.resolve({ keys: raw.map((x) => x / length), tokens: text.length, milliseconds: 1 });
  },
};
