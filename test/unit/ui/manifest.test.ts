import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { toolDefinitions } from '../../../src/library/tool-definitions.ts';

interface Manifest {
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: readonly string[] };
    readonly virtualWorkspaces: { readonly supported: unknown; readonly description: string };
  };
  readonly contributes: {
    readonly chatSkills: readonly { readonly path: string }[];
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly modelDescription: string;
      readonly inputSchema: unknown;
    }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
  };
}

const top = fileURLToPath(new URL('../../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${top}package.json`, 'utf8')) as Manifest;

/**
 * What a folder could do with each setting of its own. A `machine` or `application` setting cannot be set by a folder
 * at all; the others count for a folder that is trusted, and not before.
 */
const SETTINGS = {
  'askCodebase.exclude': ['window', 'would hide the files that tell what a project does from every answer'],
  'askCodebase.readOnStart': [
    'window',
    'would have a folder read by the model of somebody who wants to be asked first',
  ],
  'askCodebase.unsavedText': ['window', 'would have unsaved text read that its writer wants to keep out'],
  'askCodebase.provenanceMarks': ['window', 'would hide where an answer comes from'],
  'askCodebase.listedFiles': ['window', 'would hide files that an answer rests on'],
  'askCodebase.leastShare': ['window', 'would hide files that an answer rests on'],
  'askCodebase.device': ['machine', 'would start the GPU, where a driver may fail'],
  'askCodebase.threads': ['machine', 'would take all processors'],
  'askCodebase.modelsFolder': [
    'machine',
    'would have files of the folder parsed as a model, and answers written by it',
  ],
  'askCodebase.answerModel': ['application', 'would have questions and files sent to a server of its own'],
  'askCodebase.mcpServer': ['machine', 'would have a second process read it, and hand its lines to an agent'],
  'askCodebase.secretExceptions': ['machine', 'would have its secrets read into the memory in clear'],
} as const;

const OF_THE_USER: ReadonlySet<string> = new Set(['application', 'machine']);

describe('the manifest, before a folder is trusted', () => {
  const { properties } = manifest.contributes.configuration;
  const { untrustedWorkspaces } = manifest.capabilities;

  it('knows of each setting what a hostile folder could do with it', () => {
    expect(Object.keys(properties).toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
    for (const [name, [scope]] of Object.entries(SETTINGS))
      expect([name, properties[name]?.scope]).toEqual([name, scope]);
  });

  it('lets no setting of the folder count', () => {
    const ofFolder = Object.keys(properties).filter((name) => !OF_THE_USER.has(properties[name]?.scope ?? ''));
    expect(untrustedWorkspaces.supported).toBe('limited');
    expect(untrustedWorkspaces.restrictedConfigurations).toEqual(expect.arrayContaining(ofFolder));
  });
});

it('tells the editor that a virtual workspace has no memory, with a reason in every language', () => {
  const { supported, description } = manifest.capabilities.virtualWorkspaces;
  expect(supported).toBe(false);
  for (const name of ['package.nls.json', 'package.nls.de.json']) {
    const texts = JSON.parse(readFileSync(`${top}${name}`, 'utf8')) as Readonly<Record<string, string>>;
    expect(texts[description.replaceAll('%', '')]).toMatch(/\.$/);
  }
});

describe('the tools of the manifest', () => {
  const tools = new Map(manifest.contributes.languageModelTools.map((tool) => [tool.name, tool]));

  it('are told to a model in the same words as over MCP', () => {
    expect([...tools.keys()]).toEqual(Object.keys(toolDefinitions));
    for (const [name, { description, inputSchema }] of Object.entries(toolDefinitions)) {
      expect(tools.get(name)).toMatchObject({ modelDescription: description, canBeReferencedInPrompt: true });
      expect(tools.get(name)?.inputSchema).toEqual(inputSchema);
    }
  });
});

describe('the skills of the manifest', () => {
  it('are files whose head names their folder, and tools that there are', () => {
    expect(manifest.contributes.chatSkills.length).toBeGreaterThan(0);
    for (const { path } of manifest.contributes.chatSkills) {
      const text = readFileSync(`${top}${path}`, 'utf8');
      const [, name, description = ''] = /^---\nname: (.+)\ndescription: (.+)\n---\n/.exec(text) ?? [];
      expect(path.split('/').at(-2)).toBe(name);
      // Longer ones are cut by the programs that read skills.
      expect(description.length).toBeLessThanOrEqual(1_024);
      const tools = [...text.matchAll(/`([a-z]+_[a-z]+)`/g)].map(([, tool]) => tool);
      expect(new Set(tools)).toEqual(new Set(Object.keys(toolDefinitions)));
    }
  });
});
