import type { Loras } from '../../../kernels/lora.ts';
import type { Manifest, WeightSide } from '../../../kernels/manifest.ts';
import type { Adapter } from './adapter.ts';
import { DerivedFile } from './derived-file.ts';

/**
 * The lower blocks' matrices in 8 bits, with the adapter's additions in them: what the encoder computes with. Whether
 * they are worth it is asked once for a folder and the answer kept, since the two ways give keys that differ a little:
 * what was read yesterday and what is asked today are to be computed in the same way.
 */
export async function encoderTensors(
  folder: string,
  manifest: Manifest,
  adapter: Adapter,
  lowRanks: Loras | undefined,
  side: WeightSide,
  isWorthIt: () => Promise<boolean>,
): Promise<Manifest['tensors'] | undefined> {
  const { layer, file } = adapter;
  const blocks = { prefix: '.recall-', identity: [file.sha256], layers: layer, lowRanks, side };
  return new DerivedFile(folder, manifest, blocks).findOrMake({ isWorthIt });
}
