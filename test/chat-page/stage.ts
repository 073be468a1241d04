import { build } from 'esbuild';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { ChatController } from '../../src/chat/controller.ts';
import { pageHtml } from '../../src/ui/chat/html.ts';
import type { ChatDependencies, ChatService, ChatWorkspace } from '../../src/chat/dependencies.ts';
import { TranscriptStore } from '../../src/chat/store.ts';
import { chatStrings } from '../../src/chat/strings.ts';

const ORIGIN = 'http://chat.test';

/** Colors that VS Code hands to a webview, by the name of its default theme. */
export const themes = {
  dark: 'dark-v2',
  light: 'light-v2',
  'contrast-dark': 'hc-dark',
  'contrast-light': 'hc-light',
} as const;
export type Theme = keyof typeof themes;

export const strings = chatStrings({ t: (message) => message });

export interface Setting {
  readonly service: ChatService;
  readonly workspace?: Partial<ChatWorkspace>;
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
}

/** A browser with the built page, and the real controller behind it. */
export class Stage {
  readonly #browser: Browser;
  readonly #files: string;

  private constructor(browser: Browser, files: string) {
    this.#browser = browser;
    this.#files = files;
  }

  static async open(): Promise<Stage> {
    const files = await mkdtemp(join(tmpdir(), 'chat-page-'));
    await build({
      entryPoints: { chat: 'media/chat/main.ts' },
      outdir: files,
      bundle: true,
      platform: 'browser',
      target: 'es2023',
      format: 'iife',
      loader: { '.ttf': 'file' },
      logLevel: 'error',
    });
    const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
    return new Stage(await chromium.launch({ executablePath, args: ['--no-sandbox'] }), files);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async play(setting: Setting): Promise<Scene> {
    const { theme = 'dark', width = 320, height = 720 } = setting;
    const context = await this.#browser.newContext({ viewport: { width, height }, deviceScaleFactor: 2 });
    const page = await context.newPage();
    const scene = new Scene(page, setting);
    await page.exposeFunction('toHost', (message: unknown) => {
      scene.told.push(message);
      void scene.controller.receive(message);
    });
    const variables = await themeVariables(theme);
    await page.addInitScript(
      ({ variables: own, kind }) => {
        let state: unknown;
        Object.assign(globalThis, {
          acquireVsCodeApi: () => ({
            postMessage: (message: unknown) => {
              (globalThis as unknown as { toHost: (message: unknown) => void }).toHost(message);
            },
            getState: () => state,
            setState: (next: unknown) => (state = next),
          }),
        });
        document.addEventListener('DOMContentLoaded', () => {
          for (const [name, value] of own) document.documentElement.style.setProperty(name, value);
          document.body.className = kind;
          document.documentElement.style.background = 'var(--vscode-sideBar-background)';
        });
      },
      { variables, kind: `vscode-${theme}` },
    );
    await page.route(`${ORIGIN}/**`, async (route) => {
      const name = basename(new URL(route.request().url()).pathname);
      const html = pageHtml({
        cspSource: ORIGIN,
        nonce: randomUUID(),
        script: `${ORIGIN}/chat.js`,
        style: `${ORIGIN}/chat.css`,
        language: 'en',
        title: 'Conversation',
      });
      if (name === 'index.html') await route.fulfill({ contentType: 'text/html', body: html });
      else await route.fulfill({ contentType: typeOf(name), body: await readFile(join(this.#files, name)) });
    });
    await page.goto(`${ORIGIN}/index.html`);
    await page.locator('.chat').waitFor();
    return scene;
  }
}

/** One page and its host. */
export class Scene {
  readonly page: Page;
  readonly controller: ChatController;
  /** What the page said. */
  readonly told: unknown[] = [];
  /** What the browser complained about: scripts, styles and requests that the page's policy refuses are among it. */
  readonly complaints: string[] = [];

  constructor(page: Page, { service, workspace }: Setting) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    let kept: string | undefined;
    const file = {
      read: () => Promise.resolve(kept),
      write: (text: string) => {
        kept = text;
        return Promise.resolve();
      },
      setAside: () => Promise.resolve('conversations.damaged.json'),
    };
    const nothing = () => undefined;
    const parts: ChatDependencies = {
      service,
      workspace: { ...quietWorkspace, ...workspace },
      store: new TranscriptStore(file, strings.interrupted, nothing),
      strings,
      post: (message) => {
        if (!page.isClosed())
          void page
            .evaluate((told) => {
              window.postMessage(told);
            }, message)
            .catch(nothing);
      },
      copy: nothing,
      onProvenance: nothing,
      act: () => Promise.resolve(),
      notify: nothing,
      openFolder: nothing,
      history: nothing,
      onStatus: nothing,
      log: (line) => this.complaints.push(line),
    };
    this.controller = new ChatController(parts);
  }

  async close(): Promise<void> {
    await this.controller.close();
    await this.page.context().close();
  }
}

const quietWorkspace: ChatWorkspace = {
  opened: () => true,
  isTrusted: () => true,
  openEditors: () => ['lib/response.js', 'lib/utils.js', 'test/app.js'],
  currentFolder: () => 'lib',
  selection: () => undefined,
  paths: () =>
    Promise.resolve(['lib/router/index.js', 'lib/router/layer.js', 'lib/middleware/init.js', 'lib/response.js']),
  show: () => Promise.resolve('shown'),
  insert: () => Promise.resolve('inserted'),
};

async function themeVariables(theme: Theme): Promise<[string, string][]> {
  const { theme: variables } = (await import(
    `@vscode-elements/webview-playground/dist/themes/${themes[theme]}.js`
  )) as {
    theme: [string, string][];
  };
  return [
    ...variables,
    ['--vscode-font-family', 'system-ui, "DejaVu Sans", sans-serif'],
    ['--vscode-editor-font-family', '"DejaVu Sans Mono", monospace'],
    ['--vscode-editor-font-size', '14px'],
  ];
}

function typeOf(name: string): string {
  return name.endsWith('.css') ? 'text/css' : name.endsWith('.js') ? 'text/javascript' : 'font/ttf';
}
