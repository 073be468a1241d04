import * as vscode from 'vscode';
import type { ListedFiles } from '../chat/listed-files.ts';
import type { DeviceChoice } from '../engine/settings.ts';

/** The settings under `askCodebase`, as package.json declares them. */
export interface Settings {
  readonly device: DeviceChoice;
  /** 0 lets the engine decide. */
  readonly threads: number;
  /** '' stands for the model that came with the extension. */
  readonly modelsFolder: string;
  readonly exclude: readonly string[];
  readonly secretExceptions: readonly string[];
  readonly readOnStart: boolean;
  readonly provenanceMarks: boolean;
  readonly unsavedText: boolean;
  readonly mcpServer: boolean;
  readonly listedFiles: ListedFiles;
  /** A line that `chosenModel` reads. */
  readonly answerModel: string;
}

export const section = 'askCodebase';

/** Files that are listed beside an answer. */
const LISTED = { most: 20, usual: 8, leastPercent: 0, mostPercent: 50 } as const;

/** What stands in the settings; what is not of the declared shape counts as its default. */
export function readSettings(): Settings {
  const values = vscode.workspace.getConfiguration(section);
  const device = values.get<unknown>('device');
  const threads = values.get<unknown>('threads');
  const answerModel = values.get<unknown>('answerModel');
  const modelsFolder = values.get<unknown>('modelsFolder');
  const globs = (name: string) => {
    const value = values.get<unknown>(name);
    return Array.isArray(value) ? value.filter((glob): glob is string => typeof glob === 'string') : [];
  };
  const isOn = (name: string) => values.get<unknown>(name) !== false;
  return {
    device: device === 'cpu' || device === 'webgpu' ? device : 'auto',
    threads: typeof threads === 'number' && threads > 0 ? Math.floor(threads) : 0,
    modelsFolder: typeof modelsFolder === 'string' ? modelsFolder.trim() : '',
    exclude: globs('exclude'),
    secretExceptions: globs('secretExceptions'),
    readOnStart: isOn('readOnStart'),
    provenanceMarks: isOn('provenanceMarks'),
    unsavedText: isOn('unsavedText'),
    mcpServer: values.get<unknown>('mcpServer') === true,
    listedFiles: {
      most: within(values.get<unknown>('listedFiles'), 1, LISTED.most, LISTED.usual),
      leastShare: within(values.get<unknown>('leastShare'), 0, LISTED.mostPercent, LISTED.leastPercent) / 100,
    },
    answerModel: typeof answerModel === 'string' ? answerModel.trim() : '',
  };
}

const within = (value: unknown, least: number, most: number, usual: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;

export function onSettingsChange(then: (settings: Settings) => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(section)) then(readSettings());
  });
}
