import { CompressiveMemory } from './compressive-memory.ts';
import type { PackedMemory } from './compressive-memory.ts';
import { memoryBytes } from './shape.ts';
import type { MemoryShape } from './shape.ts';

export const SUMS = {
  /** Bytes of kept sums; beyond it sums are made anew from the writes each time. 10,000 files of today take 60 MB. */
  cacheBytes: 256 * 1024 * 1024,
  /** ms of summing between two chances for other work and for an abort. */
  breathMs: 20,
} as const;

/** The segments of a file as the ledger numbers them: consecutive, and never used twice, so they name its content. */
export interface FileSpan {
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

interface Leaf extends FileSpan {
  readonly folder: Folder;
  sum?: PackedMemory;
}

interface Folder {
  readonly above: Folder | undefined;
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, Leaf>;
  /** Files here and below. */
  count: number;
  /** Sum over the files right here; over all below too. */
  own?: CompressiveMemory;
  all?: CompressiveMemory;
}

/** Sums the writes of a file from the database. */
type Load = (span: FileSpan) => CompressiveMemory;

/** The files of the tree changed while it was summed. */
class Moved extends Error {}

/**
 * Sums per file and per folder of one checkout, kept so that the memory of any scope is a few additions: whole folders
 * are one addition each, and inside a folder the fewer of "add those asked for" and "take out the others" are done. An
 * edit subtracts the file's old sum from the folders above it and adds the new one. All of it exact, so however a sum
 * came about it is the sum over the writes, bit for bit.
 */
export class SumTree {
  /** The ledger's generation that the files are of; -1 before the first. */
  generation = -1;
  readonly #shape: MemoryShape;
  readonly #cacheBytes: number;
  readonly #root: Folder = newFolder(undefined);
  readonly #leaves = new Map<string, Leaf>();
  #bytes = 0;
  #version = 0;

  constructor(shape: MemoryShape, cacheBytes: number = SUMS.cacheBytes) {
    this.#shape = shape;
    this.#cacheBytes = cacheBytes;
  }

  /** Takes over the files of a generation; what is known of files that stayed the same is kept. */
  sync(spans: Iterable<FileSpan>, generation: number): void {
    const gone = new Set(this.#leaves.keys());
    for (const span of spans) {
      const leaf = this.#leaves.get(span.path);
      gone.delete(span.path);
      if (leaf?.first !== span.first || leaf.last !== span.last) this.put(span);
    }
    for (const path of gone) this.remove(path);
    this.generation = generation;
  }

  /** Puts a file in place of what was known under its path; with its sum, the folders above stay summed. */
  put(span: FileSpan, sum?: CompressiveMemory): void {
    this.remove(span.path);
    const names = span.path.split('/');
    const name = names.pop() ?? '';
    let folder = this.#root;
    for (const part of names) {
      let next = folder.folders.get(part);
      if (next === undefined) folder.folders.set(part, (next = newFolder(folder)));
      folder = next;
    }
    const leaf: Leaf = { ...span, folder };
    folder.files.set(name, leaf);
    this.#leaves.set(span.path, leaf);
    if (sum !== undefined) this.#keep(leaf, sum.pack());
    this.#adjust(leaf, 1);
  }

  /** Takes a file out; nothing happens when it is not there. */
  remove(path: string): void {
    const leaf = this.#leaves.get(path);
    if (leaf === undefined) return;
    this.#leaves.delete(path);
    leaf.folder.files.delete(path.slice(path.lastIndexOf('/') + 1));
    this.#adjust(leaf, -1);
    if (leaf.sum !== undefined) this.#bytes -= leaf.sum.cells.byteLength;
  }

  /**
   * M and z of the files of a scope (of all when left out). Yields every SUMS.breathMs; undefined when the files
   * changed meanwhile, and then what was summed so far is kept for the next attempt.
   */
  *sum(load: Load, scope?: Iterable<string>): Generator<undefined, CompressiveMemory | undefined> {
    const run = new Run(this.#version, load);
    const into = new CompressiveMemory(this.#shape);
    try {
      if (scope === undefined) into.merge(yield* this.#all(this.#root, run));
      else yield* this.#asked(this.#chosen(scope), run, into);
      return into;
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      return undefined;
    }
  }

  /** The leaves that are asked for, by their folder. */
  #chosen(scope: Iterable<string>): Map<Folder, Set<Leaf>> {
    const chosen = new Map<Folder, Set<Leaf>>();
    for (const path of scope) {
      const leaf = this.#leaves.get(path);
      if (leaf === undefined) continue;
      const here = chosen.get(leaf.folder);
      if (here === undefined) chosen.set(leaf.folder, new Set([leaf]));
      else if (here.has(leaf)) continue;
      else here.add(leaf);
    }
    return chosen;
  }

  *#asked(chosen: ReadonlyMap<Folder, ReadonlySet<Leaf>>, run: Run, into: CompressiveMemory): Generator<undefined> {
    const counts = new Map<Folder, number>();
    for (const [folder, leaves] of chosen) {
      for (let at: Folder | undefined = folder; at; at = at.above) counts.set(at, (counts.get(at) ?? 0) + leaves.size);
    }
    const visit = function* (this: SumTree, folder: Folder): Generator<undefined> {
      const count = counts.get(folder) ?? 0;
      if (count === 0) return;
      if (count === folder.count) {
        into.merge(yield* this.#all(folder, run));
        return;
      }
      const here = chosen.get(folder) ?? new Set<Leaf>();
      const others = 2 * here.size > folder.files.size;
      if (others) into.merge(yield* this.#own(folder, run));
      for (const leaf of folder.files.values()) {
        if (here.has(leaf) !== others) yield* this.#addLeaf(leaf, run, into, others ? -1 : 1);
      }
      for (const inner of folder.folders.values()) yield* visit.call(this, inner);
    };
    yield* visit.call(this, this.#root);
  }

  *#all(folder: Folder, run: Run): Generator<undefined, CompressiveMemory> {
    if (folder.all !== undefined) return folder.all;
    const sum = new CompressiveMemory(this.#shape);
    sum.merge(yield* this.#own(folder, run));
    for (const inner of folder.folders.values()) sum.merge(yield* this.#all(inner, run));
    this.#keepSum(folder, 'all', sum);
    return sum;
  }

  *#own(folder: Folder, run: Run): Generator<undefined, CompressiveMemory> {
    if (folder.own !== undefined) return folder.own;
    const sum = new CompressiveMemory(this.#shape);
    for (const leaf of folder.files.values()) yield* this.#addLeaf(leaf, run, sum, 1);
    this.#keepSum(folder, 'own', sum);
    return sum;
  }

  *#addLeaf(leaf: Leaf, run: Run, into: CompressiveMemory, sign: 1 | -1): Generator<undefined> {
    if (leaf.sum === undefined) {
      const sum = run.load(leaf).pack();
      this.#keep(leaf, sum);
      into.mergePacked(sum, sign);
      if (run.isOutOfBreath()) {
        yield;
        if (this.#version !== run.version) throw new Moved();
        run.breathe();
      }
    } else {
      into.mergePacked(leaf.sum, sign);
    }
  }

  #keep(leaf: Leaf, sum: PackedMemory): void {
    if (leaf.sum !== undefined || this.#bytes + sum.cells.byteLength > this.#cacheBytes) return;
    this.#bytes += sum.cells.byteLength;
    leaf.sum = sum;
  }

  #keepSum(folder: Folder, kind: 'own' | 'all', sum: CompressiveMemory): void {
    const bytes = memoryBytes(this.#shape);
    // Another summing may have been first.
    if (folder[kind] !== undefined || this.#bytes + bytes > this.#cacheBytes) return;
    this.#bytes += bytes;
    folder[kind] = sum;
  }

  /**
   * Folders above a file follow its coming or going; where its sum is not known they are summed anew when asked for.
   */
  #adjust(leaf: Leaf, sign: 1 | -1): void {
    this.#version++;
    for (const sum of [leaf.folder.own, ...above(leaf.folder).map(({ all }) => all)]) {
      if (leaf.sum !== undefined) sum?.mergePacked(leaf.sum, sign);
    }
    if (leaf.sum === undefined) {
      this.#drop(leaf.folder, 'own');
      for (const folder of above(leaf.folder)) this.#drop(folder, 'all');
    }
    for (const folder of above(leaf.folder)) folder.count += sign;
  }

  #drop(folder: Folder, kind: 'own' | 'all'): void {
    if (folder[kind] === undefined) return;
    this.#bytes -= memoryBytes(this.#shape);
    Reflect.deleteProperty(folder, kind);
  }
}

/** One summing: what the files were when it began, and when it last let others work. */
class Run {
  readonly version: number;
  readonly load: Load;
  #since = performance.now();

  constructor(version: number, load: Load) {
    this.version = version;
    this.load = load;
  }

  isOutOfBreath(): boolean {
    return performance.now() - this.#since >= SUMS.breathMs;
  }

  breathe(): void {
    this.#since = performance.now();
  }
}

/** The folder and all above it. */
function above(folder: Folder): Folder[] {
  const folders: Folder[] = [];
  for (let at: Folder | undefined = folder; at; at = at.above) folders.push(at);
  return folders;
}

function newFolder(parent: Folder | undefined): Folder {
  return { above: parent, folders: new Map(), files: new Map(), count: 0 };
}
