import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS, until } from './limits.ts';
import { codeFolder } from './places.ts';
import type { Profile } from './profile.ts';
import { descendants } from './processes.ts';

/** `restricted` opens every folder in Restricted Mode, as VS Code does with a folder that it does not know. */
export type Trust = 'trusted' | 'restricted';

/** One VS Code server on a port of its own, over one profile. */
export class Server {
  readonly #child: ChildProcess;
  #log = '';
  #exited = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
    child.on('exit', () => {
      this.#exited = true;
    });
  }

  static async start(profile: Profile, trust: Trust, env: NodeJS.ProcessEnv = {}): Promise<Server> {
    const folder = codeFolder();
    const node = globSync('node_modules/node-linux-*/bin/node', { cwd: folder })[0] ?? '';
    const args = [
      join(folder, 'node_modules/code-server/out/node/entry.js'),
      ...['--config', join(profile.folder, 'config.yaml'), '--auth', 'none', '--bind-addr', '127.0.0.1:0'],
      ...['--user-data-dir', profile.data, '--extensions-dir', profile.extensions],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...(trust === 'trusted' ? ['--disable-workspace-trust'] : []),
    ];
    const child = spawn(join(folder, node), args, {
      cwd: profile.home,
      // A group of its own, so that the extension hosts and what they have started end with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VSCODE|VITEST|NODE_|npm_)/.test(key))),
        HOME: profile.home,
        XDG_CONFIG_HOME: join(profile.home, '.config'),
        XDG_DATA_HOME: join(profile.home, '.local/share'),
        ASK_CODEBASE_HOME: profile.memory,
        ...env,
      },
    });
    const server = new Server(child);
    try {
      await until('VS Code’s server', () => server.#listens(), LIMITS.server);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return this.#log;
  }

  /** The address of a window over `folder`, or over a `.code-workspace` file. */
  address(folder: string): string {
    const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
    return `${this.#address ?? ''}/?${kind}=${encodeURIComponent(folder)}`;
  }

  /** Ends the server and everything below it, politely first. */
  async stop(): Promise<void> {
    const below = descendants(this.pid);
    this.#signal('SIGTERM');
    await until('The server’s end', () => this.#exited || undefined, LIMITS.end).catch(() => undefined);
    this.#signal('SIGKILL');
    // An extension's children may have left the group.
    for (const { pid } of below) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        continue;
      }
    }
  }

  get #address(): string | undefined {
    return /HTTP server listening on (http:\/\/[\d.:]+)/.exec(this.#log)?.[1];
  }

  #listens(): string | undefined {
    if (this.#exited) throw new Error(`VS Code’s server ended at its start:\n${this.#log}`);
    return this.#address;
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone.
    }
  }
}
