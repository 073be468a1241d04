import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Settings = Readonly<Record<string, unknown>>;

/** What would otherwise differ between runs, ask the network, or lie over what a test looks at. */
const QUIET: Settings = {
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.simpleDialog.enable': true,
  'git.blame.statusBarItem.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.editor.useModal': 'off',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** A clean profile of VS Code in a temporary folder: user data, extensions and a home that nothing else touches. */
export class Profile {
  readonly folder: string;

  /** `extensions` are folders of unpacked extensions; each is linked in, not copied. */
  constructor(extensions: readonly string[], settings: Settings = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'ask-codebase-vscode-'));
    for (const name of ['data/User', 'extensions', 'home', 'memory']) {
      mkdirSync(join(this.folder, name), { recursive: true });
    }
    for (const extension of extensions) {
      const { name, publisher, version } = manifestOf(extension);
      symlinkSync(extension, join(this.extensions, `${publisher}.${name}-${version}`), 'dir');
    }
    writeFileSync(join(this.data, 'User/settings.json'), JSON.stringify({ ...QUIET, ...settings }, undefined, 2));
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get extensions(): string {
    return join(this.folder, 'extensions');
  }

  get home(): string {
    return join(this.folder, 'home');
  }

  /** ASK_CODEBASE_HOME of this profile. */
  get memory(): string {
    return join(this.folder, 'memory');
  }

  /**
   * The settings `askCodebase.…` as an extension host of this profile sees them: some moments after the file of
   * settings has them. Of several windows, the one where a setting changed last.
   */
  seenSettings(): Settings {
    const file = join(this.data, 'User/globalStorage/ask-codebase.steering/settings.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Settings) : {};
  }

  /** Everything that extensions and extension hosts have logged so far, each file under its name. */
  logs(): string {
    const files = globSync('logs/**/*.log', { cwd: this.data }).toSorted();
    return files.map((file) => `--- ${file}\n${readFileSync(join(this.data, file), 'utf8')}`).join('\n');
  }

  /** The log of one extension (`publisher.name`), of all its channels and windows. */
  extensionLog(id: string): string {
    const files = globSync(`logs/*/exthost*/${id}/*.log`, { cwd: this.data }).toSorted();
    return files.map((file) => readFileSync(join(this.data, file), 'utf8')).join('\n');
  }

  remove(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly version: string;
}

export function manifestOf(extension: string): Manifest {
  return JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')) as Manifest;
}

/** `publisher.name`, as VS Code writes it. */
export function extensionId(extension: string): string {
  const { publisher, name } = manifestOf(extension);
  return `${publisher}.${name}`;
}
