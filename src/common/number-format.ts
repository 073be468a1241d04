/** Numbers as people write them in one language. */
export interface Amounts {
  count(value: number): string;
  /** A part of one, as a percentage: `0.312` is 31 %, `0.004` is 0.4 %. */
  share(part: number): string;
  bytes(value: number): string;
  /** Rounded up, because a wait that ends early is welcome. */
  seconds(value: number): string;
}

/** Bytes are counted in thousands, as disks and network tools count them. */
const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** @param language a BCP 47 tag; one that is unknown counts as English */
export function amounts(language: string): Amounts {
  const locale = known(language);
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const percent = (digits: number) =>
    new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits });
  const percents = [percent(0), percent(1)] as const;
  const unit = (name: string, value: number, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value);
  return {
    count: (value) => whole.format(value),
    share: (part) => percents[part > 0 && part < 0.01 ? 1 : 0].format(part),
    bytes: (value) => {
      const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
      const scaled = value / 1000 ** power;
      return unit(units[power] ?? 'byte', scaled, power > 0 && scaled < 10 ? 1 : 0);
    },
    seconds: (value) => {
      const rounded = Math.ceil(value);
      if (rounded < 60) return unit('second', rounded);
      const minutes = Math.ceil(rounded / 60);
      if (minutes < 60) return unit('minute', minutes);
      const rest = minutes % 60;
      const hours = unit('hour', Math.floor(minutes / 60));
      return rest === 0 ? hours : `${hours} ${unit('minute', rest)}`;
    },
  };
}

/** A count with its noun, for texts in English: `1 file`, `3 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A part of one, for texts in English and for tables: `31.4%`, `<0.1%`. */
export function exactPercent(part: number): string {
  return part > 0 && part < 0.001 ? '<0.1%' : `${(100 * part).toFixed(1)}%`;
}

function known(language: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
