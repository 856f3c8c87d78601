import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import type { ErrorSchema } from '@rjsf/utils';
import React from 'react';
import { cardsOf, present, revary, STAGES, vary } from '../cards';
import type { DraftModel } from '../model';
import type { DrawnSchema } from '../schema';
import { StageForm } from './StageForm';

/** What the variants are drawn from. */
export interface IVariantsForm {
  /** The document. */
  draft: DraftModel;
  /** Its adapted schema. */
  schema: DrawnSchema;
  /** Its mistakes. */
  errors: ErrorSchema;
  /** The translations. */
  trans: TranslationBundle;
}

/**
 * The stages that have several forms, and a menu to give another one several forms.
 */
export function VariantsForm(props: IVariantsForm): JSX.Element {
  const { draft, trans } = props;
  const varied = present(draft.spec['variants']);
  const drawn = React.useMemo(
    () => schemaOf(props.schema, Object.keys(varied)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the names of the stages are all that counts
    [props.schema, Object.keys(varied).join()]
  );
  const free = STAGES.filter(
    stage => !(stage in varied) && draft.spec[stage] !== undefined
  );
  const titles = new Map(cardsOf(trans).map(card => [card.id, card.title]));
  return (
    <>
      <p className="jp-Tsml-help">
        {trans.__(
          'Several named forms of a stage; every combination is one experiment.'
        )}
      </p>
      {Object.keys(varied).length > 0 && (
        <StageForm
          schema={drawn}
          value={varied}
          errors={props.errors['variants'] ?? {}}
          onChange={value => draft.edit(revary(draft.spec, value))}
        />
      )}
      {free.length > 0 && (
        <HTMLSelect
          className="jp-Tsml-vary"
          aria-label={trans.__('Vary a stage')}
          value=""
          onChange={event => {
            const stage = free.find(one => one === event.target.value);
            if (stage) {
              draft.edit(vary(draft.spec, stage));
            }
          }}
        >
          <option value="">{trans.__('Vary a stage…')}</option>
          {free.map(stage => (
            <option key={stage} value={stage}>
              {titles.get(stage)}
            </option>
          ))}
        </HTMLSelect>
      )}
    </>
  );
}

function schemaOf(schema: DrawnSchema, stages: string[]): DrawnSchema {
  const mark = schema.properties?.['variants']?.tsml;
  const inner = mark?.field === 'optional' ? mark.inner : undefined;
  const properties: Record<string, DrawnSchema> = {};
  for (const stage of stages) {
    const own = inner?.properties?.[stage];
    if (own) {
      properties[stage] = { ...own, title: own.title ?? stage };
    }
  }
  return { type: 'object', properties };
}
