import * as React from 'react';

/**
 * A part of the panel that folds.
 */
export function Section(props: {
  title: string;
  /** What the folded part says, in a line. */
  note: string;
  /** Whether it is open until somebody says otherwise. */
  open: boolean;
  children: React.ReactNode;
}): JSX.Element {
  const [open, setOpen] = React.useState<boolean | null>(null);
  const shown = open ?? props.open;
  return (
    <section className="jp-TsmlLive-section">
      <button
        type="button"
        className="jp-TsmlLive-fold"
        aria-expanded={shown}
        onClick={() => setOpen(!shown)}
      >
        <span aria-hidden="true">{shown ? '▾' : '▸'}</span>
        <span>{props.title}</span>
        <span className="jp-TsmlLive-note">{props.note}</span>
      </button>
      {shown && props.children}
    </section>
  );
}
