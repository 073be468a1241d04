import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { LIMITS, until } from './limits.ts';
import { chromiumPath, ROOT, SCREENSHOTS, STEERING } from './places.ts';
import { engines } from './processes.ts';
import type { Running } from './processes.ts';
import { extensionId, Profile } from './profile.ts';
import type { Settings } from './profile.ts';
import { Server } from './server.ts';
import type { Trust } from './server.ts';
import { THEMES, Workbench } from './workbench.ts';
import type { Theme } from './workbench.ts';

/** None of these reaches for a network, and none needs a GPU or a sandbox of its own. */
const CHROMIUM = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

export interface CodeOptions {
  /** The folder, or the .code-workspace file, that is opened. */
  readonly folder: string;
  /** Folder of the unpacked extension under test: the repository itself unless VSIX names an unpacked one. */
  readonly extension?: string;
  /** Folders of further extensions beside it. */
  readonly beside?: readonly string[];
  readonly trust?: Trust;
  readonly settings?: Settings;
  readonly env?: NodeJS.ProcessEnv;
  readonly size?: { readonly width: number; readonly height: number };
}

/** A running VS Code over one folder with a clean profile: a server, a browser, and one window or more. */
export class Code {
  readonly server: Server;
  readonly profile: Profile;
  /** `publisher.name` of the extension under test. */
  readonly extension: string;
  readonly windows: Workbench[] = [];
  readonly #browser: Browser;
  readonly #options: CodeOptions;

  private constructor(server: Server, profile: Profile, browser: Browser, extension: string, options: CodeOptions) {
    this.server = server;
    this.profile = profile;
    this.extension = extension;
    this.#browser = browser;
    this.#options = options;
  }

  static async start(options: CodeOptions): Promise<Code> {
    const extension = options.extension ?? process.env.VSIX ?? ROOT;
    const profile = new Profile([extension, STEERING, ...(options.beside ?? [])], options.settings);
    const server = await Server.start(profile, options.trust ?? 'trusted', options.env);
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM });
    const code = new Code(server, profile, browser, extensionId(extension), options);
    try {
      await code.openWindow();
    } catch (error) {
      await code.keep('start');
      await code.stop();
      throw error;
    }
    return code;
  }

  /** The first window. */
  get workbench(): Workbench {
    return this.windows[0]!;
  }

  /** One more window over the same folder, with an extension host of its own. */
  async openWindow(folder: string = this.#options.folder): Promise<Workbench> {
    const context = await this.#browser.newContext({
      viewport: this.#options.size ?? { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const workbench = new Workbench(await context.newPage());
    this.windows.push(workbench);
    await workbench.open(this.server.address(folder));
    return workbench;
  }

  async closeWindow(workbench: Workbench): Promise<void> {
    this.windows.splice(this.windows.indexOf(workbench), 1);
    await workbench.page.context().close();
  }

  /** The page inside the extension's webview in the first window. */
  get view() {
    return this.workbench.webview(this.extension);
  }

  /**
   * Changes one user setting, through the extension that lies beside the one under test. (Of changes made to the file
   * from outside, the web workbench notices the first alone.)
   */
  async set(key: string, value: unknown): Promise<void> {
    await this.workbench.run('Steering: Change a Setting');
    await this.workbench.enter(JSON.stringify({ key, value }));
  }

  /** Switches the theme through the settings and waits until the window wears it. */
  async theme(theme: Theme): Promise<void> {
    await this.set('workbench.colorTheme', THEMES[theme]);
    const wanted = { light: 'vs', dark: 'vs-dark', contrast: 'hc-black' }[theme];
    await this.workbench.page.locator(`.monaco-workbench.${wanted}`).waitFor();
  }

  /** The engine's processes of all windows. */
  engines(): readonly Running[] {
    return engines(this.server.pid);
  }

  /** Waits for an engine to run and kills it as hard as a machine can. Gives its process id. */
  async killEngine(): Promise<number> {
    const engine = await until('An engine', () => this.engines()[0], LIMITS.answer);
    process.kill(engine.pid, 'SIGKILL');
    await until('The engine’s end', () => (this.engines().some(({ pid }) => pid === engine.pid) ? undefined : true));
    return engine.pid;
  }

  log(): string {
    return this.profile.extensionLog(this.extension);
  }

  /** Leaves what tells why a test failed: a picture of each window, the server's log and every extension's. */
  async keep(name: string): Promise<string> {
    const folder = join(SCREENSHOTS, 'failed', name.replace(/[^\w-]+/g, '-').toLowerCase());
    mkdirSync(folder, { recursive: true });
    for (const [index, window] of this.windows.entries()) {
      await window.screenshot(`window-${index + 1}`, folder).catch(() => undefined);
    }
    writeFileSync(join(folder, 'extension.log'), this.log());
    writeFileSync(join(folder, 'code.log'), `${this.server.log}\n${this.profile.logs()}`);
    return folder;
  }

  async stop(): Promise<void> {
    await this.#browser.close().catch(() => undefined);
    await this.server.stop();
    this.profile.remove();
  }
}
