/**
 * Write a number with four significant digits, whole from 10,000 on, and a dash for nothing.
 * `kernel/tsml_kernel/_numbers.py` follows the same rules.
 */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) {
    return String(value);
  }
  if (size >= 1e15 || size < 1e-4) {
    return value.toExponential(3);
  }
  const digits =
    size >= 1e4 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  return grouped(value, digits);
}

/**
 * Write a mean and its deviation over the folds.
 */
export function formatScore(
  mean: number | null | undefined,
  std: number | null | undefined
): string {
  return mean === null ||
    mean === undefined ||
    std === null ||
    std === undefined
    ? formatNumber(mean)
    : `${formatNumber(mean)} ± ${formatNumber(std)}`;
}

/**
 * Write a share in percent, with no digit that says nothing.
 */
export function formatPercent(share: number | null | undefined): string {
  return share === null || share === undefined || Number.isNaN(share)
    ? '–'
    : `${Number((100 * share).toFixed(1))} %`;
}

/**
 * Write a duration given in seconds.
 */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return '–';
  }
  if (seconds < 1) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * Write a value of a parameter or of a document's field.
 */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    return String(Number(value.toPrecision(6)));
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Write an axis label: short, with a unit prefix for large numbers.
 */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  for (const [unit, sign] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k']
  ] as const) {
    if (size >= unit) {
      const scale = sign === 'k' ? 1e3 : unit;
      return `${Number((value / scale).toPrecision(4))}${sign}`;
    }
  }
  return String(Number(value.toPrecision(4)));
}

/**
 * Write the day of an ISO 8601 time, with the time of day when it is not midnight.
 */
export function formatTime(iso: string): string {
  const [day = iso, clock = ''] = iso.split(/[T ]/);
  const time = clock.slice(0, 5);
  return time === '' || time === '00:00' ? day : `${day} ${time}`;
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  });
}
