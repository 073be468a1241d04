import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { openMemory } from '../library/memory.ts';
import { mcpServer } from '../mcp/server.ts';
import { EXIT } from './exit.ts';
import { stopping } from './interrupt.ts';
import type { CommonOptions } from './session.ts';
import { version } from './version.ts';

/**
 * Serves the folders to another program's agent over standard input and output, until that program goes. Nothing but
 * the protocol is written to standard output.
 */
export async function mcpCommand(options: CommonOptions): Promise<number> {
  const { repo = [process.cwd()], device, threads, include, exclude, allowSecrets } = options;
  const memory = await openMemory({ root: repo, device, threads, include, exclude, allowSecrets });
  try {
    const server = mcpServer(memory, version());
    await server.connect(new StdioServerTransport());
    // Words are read before the first question; a folder that fails says so in each answer.
    void memory.ready();
    await untilGone();
    await server.close();
  } finally {
    await memory.close();
  }
  return EXIT.done;
}

/** The client has closed its end, or a signal came. */
function untilGone(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      resolve();
    };
    process.stdin.once('end', end).once('close', end);
    stopping.addEventListener('abort', end, { once: true });
    if (stopping.aborted) end();
  });
}
