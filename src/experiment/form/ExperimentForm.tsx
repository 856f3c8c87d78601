import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import type { ErrorSchema } from '@rjsf/utils';
import React from 'react';
import { cardsOf, searchedForms, STAGES, vary, type ICard } from '../cards';
import { errorTree, issuesIn } from '../issues';
import { mapping, type Document } from '../json';
import type { FoldLook, PreviewLook } from '../looks';
import type { DraftModel } from '../model';
import type { DrawnSchema } from '../schema';
import { Card } from './Card';
import { FormEnvironment } from './environment';
import { FoldFigure } from './FoldFigure';
import { PreviewBox } from './PreviewBox';
import { StageForm } from './StageForm';
import { Mistakes } from '../../sidebar/Mistakes';
import { VariantsForm } from './VariantsForm';

/** What the form is drawn from. */
export interface IExperimentForm {
  /** The document. */
  draft: DraftModel;
  /** The first look at its data. */
  preview: PreviewLook;
  /** The picture of its folds. */
  folds: FoldLook;
  /** The translations. */
  trans: TranslationBundle;
  /** Let the person choose a data file. */
  chooseFile: (current: string) => Promise<string | null>;
  /** The cards that are unfolded. */
  open: ReadonlySet<string>;
  /** Called with the cards to unfold. */
  onOpen: (open: ReadonlySet<string>) => void;
}

/**
 * The form: one card a stage, in pipeline order.
 */
export default function ExperimentForm(props: IExperimentForm): JSX.Element {
  const { draft, preview, trans, chooseFile, open } = props;
  const schema = draft.schema;
  const known = preview.value?.columns;
  const environment = React.useMemo(
    () => ({
      trans,
      chooseFile,
      columns: known?.map(one => one.name) ?? [],
      preview: <PreviewSection draft={draft} preview={preview} trans={trans} />
    }),
    [trans, chooseFile, known, draft, preview]
  );
  if (!schema) {
    return <></>;
  }
  const hint = (word: string): string => trans.__('did you mean %1?', word);
  const errors = errorTree(draft.issues, schema, draft.spec, hint);
  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) {
      next.add(id);
    }
    props.onOpen(next);
  };
  return (
    <FormEnvironment.Provider value={environment}>
      <div className="jp-Tsml-form">
        {cardsOf(trans).map(card => (
          <Card
            key={card.id}
            card={card}
            schema={schema}
            spec={draft.spec}
            mistakes={issuesIn(draft.issues, card.keys).length}
            open={open.has(card.id)}
            onToggle={() => toggle(card.id)}
            trans={trans}
          >
            <CardBody {...props} card={card} schema={schema} errors={errors} />
          </Card>
        ))}
      </div>
    </FormEnvironment.Provider>
  );
}

interface ICardBody extends IExperimentForm {
  card: ICard;
  schema: DrawnSchema;
  errors: ErrorSchema;
}

function CardBody(props: ICardBody): JSX.Element {
  const { card, draft, trans } = props;
  const stage = STAGES.find(one => one === card.id);
  if (card.id === 'variants') {
    return <VariantsForm {...props} />;
  }
  const own = pick(draft.spec, card.keys);
  const drawn = subSchema(props.schema, card.keys);
  const varied = stage && props.draft.spec[stage] === undefined;
  const there = varied ? card.keys.filter(key => key !== stage) : card.keys;
  return (
    <>
      <OwnMistakes {...props} />
      {card.id === 'split' && <FoldSection {...props} />}
      {there.length > 0 && (
        <StageForm
          schema={varied ? subSchema(props.schema, there) : drawn}
          value={own}
          errors={props.errors}
          onChange={value => draft.edit(changesOf(value, there))}
        />
      )}
      {varied && (
        <Absent
          stage={stage}
          draft={draft}
          schema={props.schema}
          trans={trans}
        />
      )}
      {stage && !varied && (
        <button
          type="button"
          className="jp-Tsml-button jp-mod-small jp-mod-quiet"
          title={trans.__('Try several forms of this stage')}
          onClick={() => draft.edit(vary(draft.spec, stage))}
        >
          {trans.__('Make variants')}
        </button>
      )}
    </>
  );
}

/** A mistake of a key that is missing stands above the form, since no field shows it. */
function OwnMistakes(props: ICardBody): JSX.Element {
  const { card, draft } = props;
  const missing = card.keys.filter(key => draft.spec[key] === undefined);
  const texts = issuesIn(draft.issues, missing).map(issue => issue.message);
  return texts.length ? <Mistakes texts={texts} /> : <></>;
}

/** What stands in the card of a stage that the document does not have. */
function Absent(props: {
  stage: string;
  draft: DraftModel;
  schema: DrawnSchema;
  trans: TranslationBundle;
}): JSX.Element {
  const { stage, draft, schema, trans } = props;
  const forms = (draft.spec['variants'] as Document | undefined)?.[stage];
  if (forms) {
    const names = Object.keys(forms as Document).join(', ');
    return (
      <p className="jp-Tsml-hint">
        {trans.__('Has several forms (%1), see Variants.', names)}
      </p>
    );
  }
  const searched = searchedForms(draft.spec, stage).join(', ');
  if (searched) {
    return (
      <p className="jp-Tsml-hint">
        {trans.__('The search chooses among %1, see Tuning.', searched)}
      </p>
    );
  }
  const field = schema.properties?.[stage]?.tsml?.field;
  const empty =
    field === 'components'
      ? []
      : field === 'loader'
        ? { loader: 'sample' }
        : {};
  return (
    <button
      type="button"
      className="jp-Tsml-button jp-mod-small"
      onClick={() => draft.edit({ [stage]: empty })}
    >
      {trans.__('Fill in')}
    </button>
  );
}

function PreviewSection(
  props: Pick<IExperimentForm, 'draft' | 'preview' | 'trans'>
): JSX.Element {
  const { draft, preview, trans } = props;
  const setEntity = (entity: string): void => {
    draft.edit({ data: { ...mapping(draft.spec['data']), entity } });
  };
  return (
    <UseSignal signal={preview.changed}>
      {() => (
        <>
          {preview.error && <Mistakes texts={[preview.error]} />}
          {preview.value && (
            <PreviewBox
              preview={preview.value}
              busy={preview.busy}
              entity={Boolean(mapping(draft.spec['data'])['entity'])}
              onEntity={setEntity}
              trans={trans}
            />
          )}
        </>
      )}
    </UseSignal>
  );
}

function FoldSection(props: IExperimentForm): JSX.Element {
  const { folds, trans } = props;
  return (
    <UseSignal signal={folds.changed}>
      {() => (
        <>
          {folds.error && <Mistakes texts={[folds.error]} />}
          {folds.busy && !folds.value && (
            <p className="jp-Tsml-hint">{trans.__('Cutting the folds…')}</p>
          )}
          {folds.value && (
            <FoldFigure picture={folds.value} busy={folds.busy} trans={trans} />
          )}
        </>
      )}
    </UseSignal>
  );
}

function subSchema(schema: DrawnSchema, keys: readonly string[]): DrawnSchema {
  const properties: Record<string, DrawnSchema> = {};
  for (const key of keys) {
    const own = schema.properties?.[key];
    if (own) {
      properties[key] = own;
    }
  }
  const asked = schema.required as readonly string[] | undefined;
  const required = asked?.filter(key => keys.includes(key));
  return { type: 'object', properties, required };
}

function pick(spec: Document, keys: readonly string[]): Document {
  const own = Object.entries(spec).filter(([key]) => keys.includes(key));
  return Object.fromEntries(own);
}

function changesOf(
  value: Document,
  keys: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(keys.map(key => [key, value[key]]));
}
