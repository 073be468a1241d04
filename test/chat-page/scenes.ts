import { AppError } from '../../src/common/app-error.ts';
import {
  answered,
  attributed,
  evidenceQuestions,
  hostile,
  preliminary,
  ranked,
  question,
  read,
  recalled,
  text,
} from './material.ts';
import { ScriptedService, told } from './service.ts';
import type { Step } from './service.ts';
import type { Scene, Setting } from './stage.ts';

export interface Play {
  readonly name: string;
  readonly setting: Setting;
  readonly act: (scene: Scene) => Promise<void>;
}

const whole: Step[] = [...told([recalled(), read], text), { kind: 'event', event: answered() }];
const halt: Step = { kind: 'pause', milliseconds: 600_000 };
const quiet = () => Promise.resolve();
const ask = async ({ page }: Scene, asked = question) => {
  await page.getByRole('textbox').first().fill(asked);
  await page.keyboard.press('Enter');
};
const answeredOnce = async (scene: Scene, asked = question) => {
  await ask(scene, asked);
  await scene.page.locator('.foot').last().waitFor();
};
const embedding = {
  kind: 'embedding',
  message: '168 files can be asked about. 43% is embedded.',
  percent: 43,
  files: 168,
  rate: 640,
  secondsLeft: 95,
  path: 'lib/router/index.js',
} as const;
const ready = {
  kind: 'ready',
  message: '168 files are remembered.',
  files: 168,
  segments: 912,
  suggestedPlaces: [],
} as const;

/** One for each kind of question; the lines are all that is said. */
const evidencePlays = evidenceQuestions.map(({ question: asked, evidence }): Play => ({
  name: `evidence-${evidence.kind}`,
  setting: {
    service: new ScriptedService([
      ...told([recalled(), { kind: 'evidence', evidence }], ''),
      { kind: 'event', event: answered('', []) },
    ]),
    height: 900,
  },
  act: async (scene) => {
    await answeredOnce(scene, asked);
    await scene.page.locator('.transcript').evaluate((element) => {
      element.scrollTop = 0;
    });
  },
}));

/** What the page is looked at in, and what the tests of the browser go through. */
export const plays: readonly Play[] = [
  ...evidencePlays,
  {
    name: 'empty',
    setting: { service: new ScriptedService(whole) },
    act: async (scene) => {
      for (const asked of ['How does the router match a path?', 'What does res.redirect do with a relative address?']) {
        await scene.controller.ask({ question: asked, scope: { base: { kind: 'workspace' }, terms: '' } });
        scene.controller.newConversation();
      }
      scene.controller.memories([{ name: 'express', state: ready }]);
      await scene.page.locator('.memory.ready').waitFor();
    },
  },
  {
    name: 'empty-reading',
    setting: { service: new ScriptedService(whole) },
    act: async (scene) => {
      scene.controller.memories([{ name: 'express', state: embedding }]);
      await scene.page.locator('.memory.embedding').waitFor();
    },
  },
  {
    name: 'empty-failed',
    setting: { service: new ScriptedService(whole) },
    act: async (scene) => {
      const message = 'A file of the model is missing or damaged. What is remembered is not lost.';
      scene.controller.memories([{ name: 'express', state: { kind: 'failed', message, action: 'restore-model' } }]);
      await scene.page.locator('.note.failed').waitFor();
    },
  },
  {
    name: 'no-folder',
    setting: { service: new ScriptedService(whole), workspace: { opened: () => false } },
    act: quiet,
  },
  {
    name: 'answered',
    setting: { service: new ScriptedService(whole), height: 980 },
    act: (scene) => answeredOnce(scene),
  },
  {
    name: 'conversation',
    setting: { service: new ScriptedService(whole) },
    act: async (scene) => {
      await answeredOnce(scene);
      await answeredOnce(scene, 'And where is that setting compiled?');
      await scene.page.locator('.exchange').nth(1).locator('.foot').waitFor();
    },
  },
  {
    name: 'recalling',
    setting: { service: new ScriptedService([halt]) },
    act: async (scene) => {
      await ask(scene);
      await scene.page.locator('.progress').waitFor();
    },
  },
  ...[12, 100].map((percent): Play => ({
    name: percent < 100 ? 'first-list' : 'second-list',
    setting: { service: new ScriptedService([...told([{ ...preliminary, percent }], ''), halt]) },
    act: async (scene) => {
      await ask(scene);
      await scene.page.locator('.ranked-file').first().waitFor();
    },
  })),
  {
    name: 'reading',
    setting: {
      service: new ScriptedService([
        ...told([{ kind: 'partial', percent: 43 }, recalled(), read], ''),
        { kind: 'event', event: { kind: 'prefilled', tokens: 520, of: 1_204 } },
        halt,
      ]),
    },
    act: async (scene) => {
      await ask(scene);
      await scene.page.locator('.track').waitFor();
    },
  },
  {
    name: 'writing',
    setting: { service: new ScriptedService([...told([recalled(), read], text, 52), halt]) },
    act: async (scene) => {
      await ask(scene);
      await scene.page.getByText('generateETag').waitFor();
    },
  },
  {
    name: 'checking',
    setting: {
      service: new ScriptedService([
        ...told([recalled(), read], text),
        { kind: 'event', event: { kind: 'checking', sentences: 2, of: 7 } },
        halt,
      ]),
      height: 900,
    },
    act: async (scene) => {
      await ask(scene);
      await scene.page.getByText('Checking sentence 3').waitFor();
    },
  },
  {
    name: 'unknown-changed',
    setting: {
      service: new ScriptedService(told([recalled(), { kind: 'unknown', reason: 'changed' }], '')),
    },
    act: (scene) => answeredOnce(scene),
  },
  {
    name: 'unknown',
    setting: {
      service: new ScriptedService(
        told(
          [recalled(ranked.map((each) => ({ ...each, share: each.share / 11 }))), { kind: 'unknown', reason: 'far' }],
          '',
        ),
      ),
    },
    act: (scene) => answeredOnce(scene, 'How does the mayor of Paris pay taxes?'),
  },
  {
    name: 'failed',
    setting: {
      service: new ScriptedService([
        ...told([recalled()], ''),
        { kind: 'failure', error: new AppError('service/stopped') },
      ]),
    },
    act: async (scene) => {
      await ask(scene);
      await scene.page.locator('.note.failed').waitFor();
    },
  },
  {
    name: 'stopped-scope',
    setting: { service: new ScriptedService([...told([recalled(), { ...read, stale: 2 }], text, 30), halt]) },
    act: async (scene) => {
      const { page } = scene;
      await page.getByRole('radio', { name: 'Only lib' }).check({ force: true });
      await page.getByRole('button', { name: 'Add or leave out files' }).click();
      await page.getByRole('textbox', { name: 'Add or leave out files' }).fill('+src -tests');
      await ask(scene);
      await page.locator('.answer p').nth(0).waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.foot').waitFor();
    },
  },
  {
    name: 'lit',
    setting: { service: new ScriptedService(whole), height: 980 },
    act: async (scene) => {
      await answeredOnce(scene);
      await scene.page.locator('.citation').nth(1).hover();
    },
  },
  {
    name: 'code-hover',
    setting: { service: new ScriptedService(whole), height: 980 },
    act: async (scene) => {
      await answeredOnce(scene);
      await scene.page.locator('.code-block').hover();
    },
  },
  {
    name: 'editing',
    setting: { service: new ScriptedService(whole), height: 560 },
    act: async (scene) => {
      await answeredOnce(scene);
      await scene.page.getByRole('textbox').first().focus();
      await scene.page.keyboard.press('ArrowUp');
      await scene.page.locator('.question-editor').waitFor();
    },
  },
  {
    name: 'hostile',
    setting: {
      service: new ScriptedService([
        ...told([recalled(hostile.paths)], hostile.text),
        { kind: 'event', event: answered(hostile.text, attributed.slice(5, 6)) },
      ]),
      height: 980,
    },
    act: (scene) => answeredOnce(scene, '<img src=x onerror=alert(9)> \u202Ewhat?'),
  },
  {
    name: 'selection',
    setting: {
      service: new ScriptedService(whole),
      workspace: { selection: () => ({ path: 'lib/response.js', start: 171, end: 200 }) },
      height: 560,
    },
    act: async (scene) => {
      const { page } = scene;
      await page.locator('.attachment').click();
      await answeredOnce(scene, 'What does this do when the request is fresh?');
      await page.locator('.transcript').evaluate((element) => {
        element.scrollTop = 0;
      });
    },
  },
  {
    name: 'rest-open',
    setting: { service: new ScriptedService(whole), height: 980 },
    act: async (scene) => {
      await answeredOnce(scene);
      await scene.page.locator('.others').click();
      await scene.page.keyboard.press('Tab');
    },
  },
];
