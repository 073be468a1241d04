/**
 * What a question costs over a table of keys: `node test/bench/scan.ts [millions of tokens …]`, 1 and 10 without any.
 * The keys are random, quantized as real ones are, since the time does not depend on what they say; the products in
 * JavaScript over a tenth of the table, in the same run, are what the ratio is against.
 */
import { packedSize, packKeys } from '../../src/memory/algebra/packed-keys.ts';
import { EmbeddingTable } from '../../src/memory/search/embedding-table.ts';
import { multiply, multiplyInScript, toIntegers } from '../../src/memory/search/dot-products.ts';
import { recall } from '../../src/memory/search/similarity.ts';
import { mulberry32 } from '../../src/common/random.ts';

const SHAPE = { tokens: 4, keySize: 256 } as const;
/** Tokens of a segment with its header: the mean over fifteen repositories. */
const SEGMENT_TOKENS = 193;
const TEMPERATURE = 27;
const ROUNDS = 9;

const random = mulberry32(1);

/** A unit vector in four bits, [d_k / 2]. */
function key(): Uint8Array {
  const raw = Float64Array.from({ length: SHAPE.keySize }, () => random() + random() + random() - 1.5);
  const length = Math.hypot(...raw);
  const eightBits = Int8Array.from(raw, (x) => Math.round((127 * x) / length));
  return packKeys(eightBits, SHAPE.keySize);
}

/** Wall and processor time of one call in ms: the least of several, because other programs only add to it. */
function least(work: () => void): { readonly wall: number; readonly processor: number } {
  let [wall, processor] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    work();
    const { user, system } = process.cpuUsage(used);
    wall = Math.min(wall, performance.now() - began);
    processor = Math.min(processor, (user + system) / 1000);
  }
  return { wall, processor };
}

/** Rows that are drawn; a table repeats them in another order, which costs a scan the same. */
const drawn = Array.from({ length: 4096 }, key);

function tableOf(segments: number): EmbeddingTable {
  const table = new EmbeddingTable(SHAPE);
  const row = new Uint8Array(table.rowSize);
  for (let id = 0; id < segments; id++) {
    for (let token = 0; token < SHAPE.tokens; token++) {
      row.set(drawn[(id * 8191 + token * 131) % drawn.length] ?? row, token * packedSize(SHAPE.keySize));
    }
    table.append(id, row);
  }
  return table;
}

const question = Float32Array.from({ length: SHAPE.keySize }, () => random() - 0.5);
question.set(question.map((x) => x / Math.hypot(...question)));
const { numbers } = toIntegers(question);
const sizes = process.argv.slice(2).map(Number);

/** Products of every row, or of the first of them. */
function products(table: EmbeddingTable, by: typeof multiply, most = Infinity): void {
  for (const { first, count, vectors } of table.blocks()) {
    if (first >= most) return;
    by(vectors, numbers, new Int32Array(count * SHAPE.tokens));
  }
}

for (const millions of sizes.length > 0 ? sizes : [1, 10]) {
  const segments = Math.round((millions * 1e6) / SEGMENT_TOKENS);
  const before = process.memoryUsage();
  const table = tableOf(segments);
  const after = process.memoryUsage();
  const whole = least(() => {
    recall(table, [question], TEMPERATURE);
  });
  const scan = least(() => {
    products(table, multiply);
  });
  const part = segments / 10;
  const script = least(() => {
    products(table, multiplyInScript, part);
  });
  // Blocks are whole pages, so that the part is counted as it was.
  const rows = [...table.blocks()].filter(({ first }) => first < part).reduce((sum, { count }) => sum + count, 0);
  const resident = (after.rss - before.rss) / 1e6 / millions;
  console.log(
    [
      `${millions} million tokens, ${segments} segments, ${Math.round(table.bytes / 1e6)} MB`,
      `  shares of all segments: ${whole.wall.toFixed(1)} ms (processor ${whole.processor.toFixed(1)})`,
      `  products alone: ${scan.wall.toFixed(1)} ms, in JavaScript ${((script.wall * segments) / rows).toFixed(0)} ms`,
      `  ratio: ${((script.wall * segments) / rows / scan.wall).toFixed(1)}`,
      `  resident: ${resident.toFixed(1)} MB per million tokens`,
    ].join('\n'),
  );
}
