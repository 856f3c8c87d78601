import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, useContext, type ReactNode } from 'react';

/**
 * What the fields of the form know beside their own value.
 */
export interface IFormEnvironment {
  /** The translations of this extension. */
  trans: TranslationBundle;
  /** The columns of the chosen data file; empty while none is known. */
  columns: readonly string[];
  /** The first look at the chosen data file; it stands below the file's field. */
  preview: ReactNode;
  /** Let the person choose a data file; null when none was chosen. */
  chooseFile: (current: string) => Promise<string | null>;
}

/** The environment of the form that a field is in. */
export const FormEnvironment = createContext<IFormEnvironment | null>(null);

/**
 * The environment of the form; it must be there.
 */
export function useFormEnvironment(): IFormEnvironment {
  const environment = useContext(FormEnvironment);
  if (!environment) {
    throw new Error('a field stands outside of the form');
  }
  return environment;
}
