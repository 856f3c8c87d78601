/**
 * What the panels need of a translation bundle; JupyterLab's `TranslationBundle` fits.
 */
export interface ITranslation {
  /**
   * Translate a text; `%1`, `%2` stand for the arguments.
   */
  __(text: string, ...args: (string | number)[]): string;

  /**
   * Translate a text with a plural; `%1` is the number.
   */
  _n(
    singular: string,
    plural: string,
    n: number,
    ...args: (string | number)[]
  ): string;
}

function fill(text: string, args: (string | number)[]): string {
  return text.replace(/%(\d+)/g, (whole, number: string) => {
    const value = args[Number(number) - 1];
    return value === undefined ? whole : String(value);
  });
}

/**
 * English as it is written, for hosts without a translator.
 */
export const english: ITranslation = {
  __: (text, ...args) => fill(text, args),
  _n: (singular, plural, n, ...args) =>
    fill(n === 1 ? singular : plural, [n, ...args])
};
