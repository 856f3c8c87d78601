import type { Document } from './json';
import { dataPaths, rebasePath } from './paths';

/**
 * Rewrite the data paths of a YAML document for another folder; comments and style stay.
 *
 * @param text - A valid document.
 * @param from - The folder its paths start from, relative to the server's root.
 * @param to - The folder they shall start from.
 * @returns The same text when nothing changes.
 */
export async function rebaseYaml(
  text: string,
  from: string,
  to: string
): Promise<string> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const spec = (document.toJS() ?? {}) as Document;
  let changed = false;
  for (const [steps, path] of dataPaths(spec)) {
    const moved = rebasePath(path, from, to);
    if (moved !== path) {
      document.setIn(steps, moved);
      changed = true;
    }
  }
  return changed ? document.toString({ lineWidth: 0 }) : text;
}

/**
 * Write plain data as YAML: what the YAML view shows while the form has mistakes.
 */
export async function writeYaml(spec: Document): Promise<string> {
  const { Document, isScalar, visit } = await import('yaml');
  const document = new Document(spec);
  visit(document, {
    Seq: (_, node) => {
      node.flow = node.items.every(item => isScalar(item));
    }
  });
  return document.toString({ lineWidth: 110 });
}
