import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

// node media/icons/render.ts: draws icon.png, which a marketplace asks for, from icon.svg.
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const { size } = await sharp(here('icon.svg'), { density: 288 })
  .resize(128, 128)
  .png({ compressionLevel: 9, palette: true })
  .toFile(here('icon.png'));
console.log(`icon.png: ${size} bytes`);
