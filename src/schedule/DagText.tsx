/** What the text of a DAG is drawn from. */
export interface IDagText {
  /** The text. */
  text: string;
  /** The text that it replaces; its new lines are marked. */
  before?: string | null;
  /** What it is, for a screen reader. */
  label: string;
}

/**
 * The text of a DAG file, as it is written.
 */
export function DagText(props: IDagText): JSX.Element {
  const { text, before, label } = props;
  const known = before ? new Set(before.split('\n')) : null;
  return (
    <pre className="jp-Tsml-dag" tabIndex={0} aria-label={label}>
      {text.split('\n').map((line, index) => (
        <span
          key={index}
          className={known && !known.has(line) ? 'jp-Tsml-newLine' : undefined}
        >
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}
