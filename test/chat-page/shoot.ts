import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plays } from './scenes.ts';
import { Stage, themes } from './stage.ts';
import type { Theme } from './stage.ts';

// node test/chat-page/shoot.ts [--out FOLDER] [--only NAME,NAME] [--themes dark,light] [--widths 320,170]
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist/chat-page' },
    only: { type: 'string' },
    themes: { type: 'string', default: 'dark' },
    widths: { type: 'string', default: '320' },
  },
});

const chosen = values.themes.split(',').filter((name): name is Theme => name in themes);
const wanted = values.only?.split(',');
await mkdir(values.out, { recursive: true });
const stage = await Stage.open();
for (const theme of chosen) {
  for (const width of values.widths.split(',').map(Number)) {
    for (const { name, setting, act } of plays) {
      if (wanted && !wanted.includes(name)) continue;
      const scene = await stage.play({ ...setting, theme, width });
      await act(scene);
      await scene.page.waitForTimeout(200);
      await scene.page.screenshot({ path: join(values.out, `${name}-${theme}-${width}.png`) });
      for (const complaint of scene.complaints) console.error(`${name}: ${complaint}`);
      // A page whose policy refuses something, or whose script throws, is no page to ship.
      if (scene.complaints.length > 0) process.exitCode = 1;
      await scene.close();
    }
  }
}
await stage.close();
