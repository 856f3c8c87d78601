import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';
import { formsOf, type ICard } from '../cards';
import type { Document } from '../json';
import type { DrawnSchema } from '../schema';
import { summarise } from '../summary';

/** The cards that hold nothing when nothing is written. */
const EMPTY: ReadonlySet<string> = new Set([
  'features',
  'preprocessing',
  'models',
  'variants'
]);

/** What a card is drawn from. */
export interface ICardProps {
  /** Which one it is. */
  card: ICard;
  /** The adapted schema of the document. */
  schema: DrawnSchema;
  /** The document. */
  spec: Document;
  /** How many mistakes lie in it. */
  mistakes: number;
  /** Whether its body is shown. */
  open: boolean;
  /** Called to fold or unfold it. */
  onToggle: () => void;
  /** The translations. */
  trans: TranslationBundle;
  /** Its body. */
  children: ReactNode;
}

/**
 * A card that folds to one line which says what it holds.
 */
export function Card(props: ICardProps): JSX.Element {
  const { card, open, trans, mistakes } = props;
  const Caret = open ? caretDownIcon.react : caretRightIcon.react;
  const id = `jp-Tsml-card-${card.id}`;
  return (
    <section className="jp-Tsml-card" data-card={card.id}>
      <h3>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={props.onToggle}
        >
          <Caret tag="span" width="16px" height="16px" />
          <span className="jp-Tsml-cardTitle">{card.title}</span>
          {mistakes > 0 && (
            <span
              className="jp-Tsml-count"
              title={trans._n('%1 mistake', '%1 mistakes', mistakes)}
            >
              {mistakes}
            </span>
          )}
          {!open && <span className="jp-Tsml-cardLine">{lineOf(props)}</span>}
        </button>
      </h3>
      {open && (
        <div className="jp-Tsml-cardBody" id={id}>
          {props.children}
        </div>
      )}
    </section>
  );
}

function lineOf(props: ICardProps): string {
  const { card, spec, schema, trans } = props;
  const forms = formsOf(spec, card.id);
  if (forms.length) {
    return trans._n('%1 variant', '%1 variants', forms.length);
  }
  const line = summarise(card.keys, spec, schema);
  return (
    line || (EMPTY.has(card.id) ? trans.__('none') : trans.__('by default'))
  );
}
