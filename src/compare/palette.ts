/**
 * The colours of the theme, read from its CSS variables; charts on a canvas can't use those themselves.
 */
export interface IPalette {
  readonly ink: string;
  readonly faint: string;
  readonly grid: string;
  readonly background: string;
  readonly font: string;
  readonly series: string[];
}

const SERIES: readonly (readonly [string, string])[] = [
  ['--jp-brand-color1', '#1976d2'],
  ['--jp-warn-color1', '#f57c00'],
  ['--jp-success-color1', '#388e3c'],
  ['--jp-mirror-editor-operator-color', '#7800c2'],
  ['--jp-mirror-editor-string-color', '#ba2121'],
  ['--jp-info-color0', '#006064'],
  ['--jp-ui-font-color2', '#616161']
];

/**
 * Read the colours that hold for an element.
 */
export function readPalette(element: Element): IPalette {
  const style = getComputedStyle(element);
  const read = (name: string, otherwise: string): string =>
    style.getPropertyValue(name).trim() || otherwise;
  return {
    ink: read('--jp-ui-font-color1', '#212121'),
    faint: read('--jp-ui-font-color2', '#616161'),
    grid: read('--jp-border-color2', '#e0e0e0'),
    background: read('--jp-layout-color1', '#ffffff'),
    font: read('--jp-ui-font-family', 'sans-serif'),
    series: SERIES.map(([name, otherwise]) => read(name, otherwise))
  };
}

/**
 * Call back whenever the theme changes; returns how to end that.
 */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(() => requestAnimationFrame(changed));
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light', 'class']
  });
  return () => observer.disconnect();
}

/**
 * The n-th colour as CSS has it.
 */
export function seriesColor(index: number): string {
  const [name, otherwise] = SERIES[index % SERIES.length] ?? [];
  return `var(${name}, ${otherwise})`;
}

/**
 * How the n-th line is drawn: colours repeat, so the dashes change with every round.
 */
export function lineStyle(
  palette: IPalette,
  index: number
): { color: string; type: 'solid' | 'dashed' | 'dotted' } {
  const count = palette.series.length;
  const dashes = ['solid', 'dashed', 'dotted'] as const;
  return {
    color: palette.series[index % count] ?? palette.ink,
    type: dashes[Math.floor(index / count) % dashes.length] ?? 'solid'
  };
}
