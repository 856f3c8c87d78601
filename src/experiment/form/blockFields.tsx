import {
  addIcon,
  caretDownIcon,
  caretUpIcon,
  closeIcon
} from '@jupyterlab/ui-components';
import type { FieldProps } from '@rjsf/utils';
import React from 'react';
import { isStage } from '../cards';
import { component, isMapping, list, mapping } from '../json';
import { optionOf, uiSchemaOf, type DrawnSchema } from '../schema';
import { summarise } from '../summary';
import { useFormEnvironment } from './environment';
import { Mistakes } from '../../sidebar/Mistakes';
import { marked } from './textFields';

/** A part of the form inside a field. */
export function Inner(props: {
  field: FieldProps;
  schema: DrawnSchema;
  path: (string | number)[];
  value: unknown;
  onChange: (value: unknown) => void;
}): JSX.Element {
  const { field, schema, path } = props;
  const SchemaField = field.registry.fields.SchemaField;
  if (!SchemaField) {
    return <></>;
  }
  const $id = [field.idSchema.$id, ...path].join('_');
  let errors: unknown = field.errorSchema;
  for (const step of path) {
    errors = isMapping(errors) ? errors[step] : undefined;
  }
  return (
    <SchemaField
      {...field}
      name={String(path[path.length - 1])}
      schema={schema}
      uiSchema={bare(schema)}
      idSchema={{ $id }}
      formData={props.value}
      errorSchema={errors as FieldProps['errorSchema']}
      rawErrors={undefined}
      onChange={(value: unknown) => props.onChange(value)}
    />
  );
}

/** Without a frame, since the field around it has one. */
function bare(schema: DrawnSchema): FieldProps['uiSchema'] {
  const ui = uiSchemaOf(schema) as Record<string, unknown>;
  return { ...ui, 'ui:bare': true };
}

/** Settings that may be absent: a switch, and the settings while it is on. */
export function OptionalField(props: FieldProps): JSX.Element {
  const [schema, { inner }] = marked(props, 'optional');
  const on = isMapping(props.formData);
  const id = props.idSchema.$id;
  return (
    <fieldset className="jp-Tsml-group">
      <legend>
        <label className="jp-Tsml-check">
          <input
            type="checkbox"
            checked={on}
            onChange={event => {
              props.onChange(event.target.checked ? initial(inner) : undefined);
            }}
          />
          {schema.title ?? props.name}
        </label>
      </legend>
      <div className="jp-Tsml-help" id={`${id}__description`}>
        {schema.description ?? inner.description}
      </div>
      {on && (
        <Inner
          field={props}
          schema={inner}
          path={[]}
          value={props.formData as unknown}
          onChange={value => {
            props.onChange(value);
          }}
        />
      )}
    </fieldset>
  );
}

/** The plainest model, which stands first where a model is to be chosen. */
const PLAINEST = 'ridge';

/** First values: of what must be given and is a whole number, and of what is on unless it is switched off. */
export function initial(schema: DrawnSchema): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (schema.tsml?.field === 'component') {
    const { options } = schema.tsml;
    const first = optionOf(options, PLAINEST) ?? options[0];
    return first ? { [first.name]: initial(first.schema) } : value;
  }
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    if (part.type === 'boolean' && part.tsmlDefault === true) {
      value[name] = true;
    }
  }
  for (const name of (schema.required ?? []) as readonly string[]) {
    if (schema.properties?.[name]?.type === 'integer') {
      value[name] = 10;
    }
  }
  return value;
}

/** A list of components, in the order in which they work. */
export function ComponentsField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const [schema, { options }] = marked(props, 'components');
  const items = list(props.formData);
  const [open, setOpen] = React.useState<number | null>(null);
  const change = (next: unknown[]): void => {
    props.onChange(next);
  };
  const add = (name: string): void => {
    const option = optionOf(options, name);
    change([...items, { [name]: option ? initial(option.schema) : {} }]);
    setOpen(items.length);
  };
  const move = (from: number, to: number): void => {
    const next = [...items];
    const [item] = next.splice(from, 1);
    next.splice(to, 0, item ?? null);
    change(next);
    setOpen(open === from ? to : open === to ? from : open);
  };
  const remove = (position: number): void => {
    change(items.filter((_, index) => index !== position));
    setOpen(null);
  };
  const whole = props.uiSchema?.['ui:bare'] === true || ofCard(props);
  const body = (
    <div className="jp-Tsml-components">
      <ol>
        {items.map((item, index) => (
          <ComponentItem
            key={index}
            field={props}
            index={index}
            count={items.length}
            item={item}
            open={open === index}
            onOpen={() => setOpen(open === index ? null : index)}
            onChange={value =>
              change(items.map((old, at) => (at === index ? value : old)))
            }
            onMove={to => move(index, to)}
            onRemove={() => remove(index)}
          />
        ))}
      </ol>
      <details
        className="jp-Tsml-add"
        onBlur={event => {
          if (!event.currentTarget.contains(event.relatedTarget)) {
            event.currentTarget.open = false;
          }
        }}
      >
        <summary>
          <addIcon.react tag="span" width="14px" height="14px" />
          {trans.__('Add')}
        </summary>
        <ul>
          {options.map(option => (
            <li key={option.name}>
              <button
                type="button"
                onClick={event => {
                  event.currentTarget
                    .closest('details')
                    ?.removeAttribute('open');
                  add(option.name);
                }}
              >
                <b>{option.name}</b>
                <span>{option.description}</span>
              </button>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
  return whole ? (
    body
  ) : (
    <fieldset className="jp-Tsml-group">
      <legend>{schema.title ?? props.name}</legend>
      {schema.description && (
        <div className="jp-Tsml-help">{schema.description}</div>
      )}
      {body}
    </fieldset>
  );
}

/** Whether a field is what its card is about, so that the card's title is its own. */
function ofCard(props: FieldProps): boolean {
  return isStage(props.name) && props.idSchema.$id === `root_${props.name}`;
}

interface IComponentItem {
  field: FieldProps;
  index: number;
  count: number;
  item: unknown;
  open: boolean;
  onOpen: () => void;
  onChange: (value: unknown) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

function ComponentItem(props: IComponentItem): JSX.Element {
  const { trans } = useFormEnvironment();
  const { field, index, item } = props;
  const options = marked(field, 'components')[1].options;
  const [name, given] = component(item);
  const option = optionOf(options, name);
  const branch = mapping(mapping(field.errorSchema)[index]);
  const own = list(branch['__errors']).map(String);
  const wrong = Object.keys(branch).length > 0;
  const empty = !Object.keys(option?.schema.properties ?? {}).length;
  const line = summarise(
    ['it'],
    { it: [{ [name]: given }] },
    { properties: { it: field.schema as DrawnSchema } }
  ).slice(name.length);
  return (
    <li className={`jp-Tsml-component${wrong ? ' jp-mod-wrong' : ''}`}>
      <div className="jp-Tsml-componentHead">
        <button
          type="button"
          className="jp-Tsml-componentName"
          aria-expanded={props.open}
          title={option?.description}
          onClick={props.onOpen}
        >
          <b>{name}</b>
          {!props.open && <span>{line}</span>}
        </button>
        <button
          type="button"
          className="jp-Tsml-iconButton"
          aria-label={trans.__('Move %1 up', name)}
          disabled={index === 0}
          onClick={() => props.onMove(index - 1)}
        >
          <caretUpIcon.react tag="span" width="14px" height="14px" />
        </button>
        <button
          type="button"
          className="jp-Tsml-iconButton"
          aria-label={trans.__('Move %1 down', name)}
          disabled={index === props.count - 1}
          onClick={() => props.onMove(index + 1)}
        >
          <caretDownIcon.react tag="span" width="14px" height="14px" />
        </button>
        <button
          type="button"
          className="jp-Tsml-iconButton"
          aria-label={trans.__('Remove %1', name)}
          onClick={props.onRemove}
        >
          <closeIcon.react tag="span" width="14px" height="14px" />
        </button>
      </div>
      {own.length > 0 && <Mistakes texts={own} />}
      {(props.open || wrong) && option && (
        <div className="jp-Tsml-componentBody">
          <div className="jp-Tsml-help">{option.description}</div>
          {empty ? (
            <div className="jp-Tsml-hint">{trans.__('No settings.')}</div>
          ) : (
            <Inner
              field={field}
              schema={option.schema}
              path={[index, name]}
              value={given}
              onChange={value => props.onChange({ [name]: value })}
            />
          )}
        </div>
      )}
    </li>
  );
}
