import type { TranslationBundle } from '@jupyterlab/translation';
import type { FoldPicture, FoldSpan } from '../../wire';

/** A stretch of a row: one of a fold, or a part of a path and the fold that predicts it. */
export interface IFoldStretch extends FoldSpan {
  /** The fold that predicts it, in words. */
  by?: string;
  /** Tells neighbours of a path apart. */
  shade?: number;
}

/** A row of the picture of the folds. */
export interface IFoldRow {
  /** Its name. */
  name: string;
  /** What the stretches do not say. */
  note: string;
  /** Whether it is the first row of its sort, whose name is always shown. */
  first: boolean;
  /** Its stretches, in the order of time. */
  spans: IFoldStretch[];
}

/**
 * The rows of the picture: the folds, those inside the last of them, the final test, and the paths.
 */
export function rowsOf(
  picture: FoldPicture,
  trans: TranslationBundle
): IFoldRow[] {
  const rows = picture.folds.map((spans, index) => ({
    name: trans.__('Fold %1', index + 1),
    note: picture.notes[index] ?? '',
    first: index === 0,
    spans
  }));
  const inner = picture.inner.map((spans, index) => ({
    name: trans.__('Inner %1', index + 1),
    note: trans.__('inside fold %1', picture.folds.length),
    first: index === 0,
    spans
  }));
  const final = {
    name: trans.__('Final'),
    note: '',
    first: true,
    spans: picture.test
  };
  return [...rows, ...inner, final, ...pathsOf(picture, trans)];
}

/**
 * One row a path: which fold predicts which part of the axis.
 */
function pathsOf(picture: FoldPicture, trans: TranslationBundle): IFoldRow[] {
  const paths = Array.from({ length: picture.n_paths }, (_, at) => at + 1);
  return picture.n_paths < 2
    ? []
    : paths.map(path => ({
        name: trans.__('Path %1', path),
        note: '',
        first: path === 1,
        spans: partsOf(picture, path, trans)
      }));
}

function partsOf(
  picture: FoldPicture,
  path: number,
  trans: TranslationBundle
): IFoldStretch[] {
  const parts = picture.folds.flatMap((spans, fold) =>
    spans
      .filter(span => span.path === path)
      .map(span => ({
        ...span,
        kind: 'path',
        by: trans.__('fold %1', fold + 1)
      }))
  );
  return parts
    .sort((one, other) => one.start - other.start)
    .map((span, index) => ({ ...span, shade: index % 2 }));
}
