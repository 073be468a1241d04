/** One line of the picture: a value for each size, undefined where it was not measured. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly values: readonly (number | undefined)[];
}

const WIDTH = 760;
const HEIGHT = 420;
const MARGIN = { left: 64, right: 236, top: 24, bottom: 48 } as const;

/** Sizes and values on logarithmic scales, as an SVG that is readable on light and dark ground. */
export function growthPicture(sizes: readonly number[], series: readonly Series[]): string {
  const values = series
    .flatMap((one) => one.values)
    .filter((value): value is number => value !== undefined && value > 0);
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const [first, last] = [Math.log10(sizes[0] ?? 1), Math.log10(sizes.at(-1) ?? 10)];
  const x = (size: number) =>
    MARGIN.left + ((Math.log10(size) - first) / Math.max(1e-9, last - first)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    HEIGHT - MARGIN.bottom - ((Math.log10(value) - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const right = WIDTH - MARGIN.right;
  const rules = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at)).map(
    (value) =>
      `<path d="M${MARGIN.left} ${round(y(value))}H${right}" stroke="#8884"/>` +
      `<text x="${MARGIN.left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${plain(value)}</text>`,
  );
  const ticks = sizes.map(
    (size) =>
      `<path d="M${round(x(size))} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}" stroke="#8882"/>` +
      `<text x="${round(x(size))}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${plain(size)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#888">`,
    ...rules,
    ...ticks,
    `<text x="${round((MARGIN.left + right) / 2)}" y="${HEIGHT - 8}" text-anchor="middle">tokens of the workspace</text>`,
    ...lines(series, sizes, x, y),
    '</svg>',
    '',
  ].join('\n');
}

/** Names stand at the ends of their lines, moved apart where these meet. */
function lines(
  series: readonly Series[],
  sizes: readonly number[],
  x: (size: number) => number,
  y: (value: number) => number,
): string[] {
  const ends = series
    .map((one) => {
      const points = one.values.flatMap((value, at) =>
        value === undefined || value <= 0 ? [] : [[x(sizes[at] ?? 1), y(value)] as const],
      );
      return { ...one, points, label: points.at(-1)?.[1] ?? 0 };
    })
    .sort((a, b) => a.label - b.label);
  let above = -Infinity;
  return ends.map(({ name, color, points, label }) => {
    above = Math.max(label, above + 16);
    const path = points.map(([px, py]) => `${round(px)} ${round(py)}`).join('L');
    const dots = points.map(([px, py]) => `<circle cx="${round(px)}" cy="${round(py)}" r="3" fill="${color}"/>`);
    return (
      `<path d="M${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}` +
      `<text x="${WIDTH - MARGIN.right + 12}" y="${round(above + 4)}" fill="${color}">${name}</text>`
    );
  });
}

function plain(value: number): string {
  const short = (scale: number) => Number((value / scale).toPrecision(2));
  if (value >= 1e6) return `${short(1e6)}M`;
  return value >= 1e3 ? `${short(1e3)}K` : `${short(1)}`;
}

const round = (value: number): number => Math.round(10 * value) / 10;
