/** Commands of git that this project or an editor may run; a repository names a pager and an alias for each. */
const COMMANDS = [
  'blame',
  'cat-file',
  'check-ignore',
  'diff',
  'diff-index',
  'log',
  'ls-files',
  'ls-tree',
  'rev-list',
  'show',
];

/** Keys of git's documentation whose value is one program, or one command line, that git starts. */
const PROGRAMS = [
  'core.alternateRefsCommand',
  'core.askPass',
  'core.editor',
  'core.fsmonitor',
  'core.gitProxy',
  'core.pager',
  'core.sshCommand',
  'credential.helper',
  'credential.https://localhost.helper',
  'diff.external',
  'diff.trip.command',
  'diff.trip.textconv',
  'filter.trip.clean',
  'filter.trip.smudge',
  'filter.trip-process.process',
  'gpg.program',
  'gpg.openpgp.program',
  'gpg.ssh.defaultKeyCommand',
  'gpg.ssh.program',
  'gpg.x509.program',
  'interactive.diffFilter',
  'merge.trip.driver',
  'sequence.editor',
  'trailer.trip.cmd',
  'trailer.trip.command',
  'uploadpack.packObjectsHook',
  // Programs of commands that nobody here runs: should one ever be run, it is seen.
  'browser.trip.cmd',
  'difftool.trip.cmd',
  'guitool.trip.cmd',
  'man.trip.cmd',
  'mergetool.trip.cmd',
  'notes.rewrite.trip',
  'sendemail.ccCmd',
  'sendemail.smtpServer',
  'sendemail.toCmd',
  // Hooks by their settings, which git knows since 2.54.
  'hook.trip.command',
];

/** Settings that name no program, and lead to one. */
const LEADING: Readonly<Record<string, string>> = {
  'core.untrackedCache': 'true',
  'commit.gpgSign': 'true',
  'diff.tool': 'trip',
  'log.showSignature': 'true',
  'merge.tool': 'trip',
  'protocol.allow': 'always',
  'protocol.ext.allow': 'always',
  'submodule.recurse': 'true',
  'status.submoduleSummary': 'true',
  'tag.gpgSign': 'true',
  'trailer.trip.key': 'Tripped-by',
  'web.browser': 'trip',
};

/** Every hook that git's documentation names. */
export const HOOKS = [
  ...['applypatch-msg', 'commit-msg', 'fsmonitor-watchman', 'post-applypatch', 'post-checkout', 'post-commit'],
  ...['post-index-change', 'post-merge', 'post-receive', 'post-rewrite', 'post-update', 'pre-applypatch'],
  ...['pre-auto-gc', 'pre-commit', 'pre-merge-commit', 'pre-push', 'pre-rebase', 'pre-receive'],
  ...[
    'prepare-commit-msg',
    'proc-receive',
    'push-to-checkout',
    'reference-transaction',
    'sendemail-validate',
    'update',
  ],
];

/** Files that settings lead to, by what they are for. */
export interface Led {
  /** Two files with settings of their own, and a folder with hooks. */
  readonly included: string;
  readonly includedIf: string;
  readonly hooks: string;
  readonly template: string;
}

/**
 * The settings of a repository that wants programs to be run: each key with its value.
 * @param program gives the path of a program that leaves the name which it is given
 */
export function hostileSettings(program: (name: string) => string, led: Led): (readonly [string, string])[] {
  const named = (key: string) => [key, program(key)] as const;
  const shell = (key: string) => [key, `!${program(key)}`] as const;
  return [
    ...PROGRAMS.map(named),
    ...Object.entries(LEADING),
    ...HOOKS.map((hook) => ['hook.trip.event', hook] as const),
    ...COMMANDS.map((command) => named(`pager.${command}`)),
    ...COMMANDS.map((command) => shell(`alias.${command}`)),
    ['include.path', led.included],
    ['includeIf.onbranch:main.path', led.includedIf],
    ['core.hooksPath', led.hooks],
    ['init.templateDir', led.template],
    ...remotes(program),
    shell('submodule.module.update'),
    ['submodule.module.active', 'true'],
    ['submodule.module.url', `ext::${program('submodule.module.url')}`],
    ['submodule.recurse', 'true'],
  ];
}

/** Remotes that promise missing objects: git asks one after the other, and each starts another kind of program. */
function remotes(program: (name: string) => string): (readonly [string, string])[] {
  const kinds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    // A folder that is there, so that git goes as far as to start the program that reads it.
    uploadpack: { url: '.', uploadpack: program('remote.uploadpack.uploadpack') },
    ext: { url: `ext::${program('remote.ext.url')}` },
    ssh: { url: 'ssh://localhost/nowhere' },
    git: { url: 'git://localhost/nowhere' },
    vcs: { url: program('remote.vcs.vcs'), vcs: 'ext' },
    receivepack: { url: '.', receivepack: program('remote.receivepack.receivepack') },
  };
  return Object.entries(kinds).flatMap(([name, settings]) => [
    ...Object.entries(settings).map(([key, value]) => [`remote.${name}.${key}`, value] as const),
    [`remote.${name}.promisor`, 'true'] as const,
    [`remote.${name}.partialCloneFilter`, 'blob:none'] as const,
  ]);
}

/** Settings as git's file holds them. */
export function asConfig(settings: readonly (readonly [string, string])[]): string {
  return settings
    .map(([key, value]) => {
      const first = key.indexOf('.');
      const last = key.lastIndexOf('.');
      const inside = first === last ? '' : ` "${key.slice(first + 1, last)}"`;
      const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
      return `[${key.slice(0, first)}${inside}]\n\t${key.slice(last + 1)} = "${quoted}"\n`;
    })
    .join('');
}
