import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import { rebaseYaml } from './yaml';

const LOADS = /^\s*%(load_ext|reload_ext)\s+jupyterlab_tsml\b/m;
const LOAD = '%load_ext jupyterlab_tsml';

/**
 * The text of a `%%tsml` cell.
 *
 * @param yaml - The document; its data paths start from the server's root.
 * @param folder - The notebook's folder, from which they start in the cell.
 */
export async function cellSource(
  yaml: string,
  folder: string
): Promise<string> {
  const text = await rebaseYaml(yaml, '', folder);
  return `%%tsml\n${text.trimEnd()}`;
}

/**
 * Whether a cell of the notebook loads the magics.
 */
export function loadsMagics(sources: readonly string[]): boolean {
  return sources.some(source => LOADS.test(source));
}

/**
 * Insert the document below the active cell, preceded by the cell that loads the magics when none does.
 *
 * @param panel - The notebook.
 * @param source - The text of the cell.
 */
export function insertCell(panel: NotebookPanel, source: string): void {
  const notebook = panel.content;
  if (!notebook.model) {
    return;
  }
  if (!loadsMagics(sourcesOf(notebook.model))) {
    insert(panel, LOAD);
  }
  insert(panel, source);
  const { activeCell } = notebook;
  if (activeCell) {
    void notebook.scrollToItem(notebook.activeCellIndex);
  }
}

function insert(panel: NotebookPanel, source: string): void {
  const notebook = panel.content;
  const { activeCell } = notebook;
  const blank =
    activeCell?.model.type === 'code' &&
    !activeCell.model.sharedModel.getSource().trim();
  if (!blank) {
    NotebookActions.insertBelow(notebook);
  }
  const target = notebook.activeCell;
  if (target && target.model.type !== 'code') {
    NotebookActions.changeCellType(notebook, 'code');
  }
  notebook.activeCell?.model.sharedModel.setSource(source);
}

function sourcesOf(model: INotebookModel): string[] {
  return Array.from(model.cells)
    .filter(cell => cell.type === 'code')
    .map(cell => cell.sharedModel.getSource());
}
