import { StateEffect, StateField, type Extension } from '@codemirror/state';
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view';
import { CodeEditor, type IEditorServices } from '@jupyterlab/codeeditor';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { issueText } from './issues';
import type { DraftModel } from './model';

const setWrong = StateEffect.define<readonly number[]>();
const wrongLine = Decoration.line({ class: 'jp-Tsml-wrongLine' });

/** Marks the lines that have mistakes. */
const wrongLines: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setWrong)) {
        const { doc } = transaction.state;
        const lines = effect.value.filter(line => line <= doc.lines);
        next = Decoration.set(
          lines.map(line => wrongLine.range(doc.line(line).from)),
          true
        );
      }
    }
    return next;
  },
  provide: field => EditorView.decorations.from(field)
});

/** What the YAML view is drawn from. */
export interface IYamlEditor {
  /** The document. */
  draft: DraftModel;
  /** Makes editors. */
  editors: IEditorServices;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The document as YAML, with its mistakes by line below.
 */
export function YamlEditor(props: IYamlEditor): JSX.Element {
  const { draft, trans } = props;
  const [host, editor] = useEditor(props);
  React.useEffect(() => {
    const source = editor.current?.model.sharedModel;
    if (source && source.getSource() !== draft.yaml) {
      source.setSource(draft.yaml);
    }
  }, [editor, draft, draft.yaml]);
  React.useEffect(() => {
    const lines = new Set(draft.issues.map(issue => issue.line ?? 0));
    const wrong = [...lines].filter(Boolean).sort((a, b) => a - b);
    editor.current?.editor.dispatch({ effects: setWrong.of(wrong) });
  }, [editor, draft.issues]);
  const go = (line: number): void => {
    editor.current?.setCursorPosition({ line: line - 1, column: 0 });
    editor.current?.focus();
  };
  const hint = (word: string): string => trans.__('did you mean %1?', word);
  return (
    <div className="jp-Tsml-yaml">
      <div className="jp-Tsml-editor" ref={host} />
      <ul className="jp-Tsml-issues" aria-label={trans.__('Mistakes')}>
        {draft.issues.map((issue, index) => (
          <li key={index}>
            {issue.line !== null && (
              <button type="button" onClick={() => go(issue.line ?? 1)}>
                {trans.__('Line %1', issue.line)}
              </button>
            )}
            {issue.field && <code>{issue.field}</code>}
            <span>{issueText(issue, hint)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function useEditor(
  props: IYamlEditor
): [
  React.RefObject<HTMLDivElement>,
  React.MutableRefObject<CodeMirrorEditor | null>
] {
  const { draft, editors, trans } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const kept = React.useRef<CodeMirrorEditor | null>(null);
  React.useEffect(() => {
    if (!host.current) {
      return;
    }
    const model = new CodeEditor.Model({ mimeType: 'text/x-yaml' });
    model.sharedModel.setSource(draft.yaml);
    const editor = editors.factoryService.newDocumentEditor({
      host: host.current,
      model,
      config: { lineNumbers: true, lineWrap: true, tabSize: 2 }
    }) as CodeMirrorEditor;
    editor.injectExtension([
      wrongLines,
      EditorView.contentAttributes.of({ 'aria-label': trans.__('YAML') })
    ]);
    const changed = (): void => draft.write(model.sharedModel.getSource());
    model.sharedModel.changed.connect(changed);
    kept.current = editor;
    return () => {
      model.sharedModel.changed.disconnect(changed);
      kept.current = null;
      editor.dispose();
      model.dispose();
    };
  }, [draft, editors, trans]);
  return [host, kept];
}
