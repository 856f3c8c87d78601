import type { FieldProps } from '@rjsf/utils';
import { component, list } from '../json';
import { optionOf } from '../schema';
import { ComponentsField, initial, Inner } from './blockFields';
import { useFormEnvironment } from './environment';
import { marked } from './textFields';

/** What stands for nothing in a chain. */
const NONE = 'none';

/** One component: which one, then its settings. */
export function ComponentField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const [schema, { options }] = marked(props, 'component');
  const value: unknown = props.formData;
  const [name, given] = component(value);
  const option = optionOf(options, name);
  const id = `${props.idSchema.$id}_name`;
  const settings = Object.keys(option?.schema.properties ?? {}).length > 0;
  const body = (
    <>
      <div className="jp-Tsml-field">
        <select
          id={id}
          className="jp-Tsml-input"
          aria-label={String(schema.title ?? props.name)}
          aria-describedby={`${id}__description`}
          value={name}
          onChange={event => {
            const chosen = optionOf(options, event.target.value);
            const first = chosen ? initial(chosen.schema) : {};
            props.onChange({ [event.target.value]: first });
          }}
        >
          {!option && (
            <option value={name}>{name || trans.__('Choose…')}</option>
          )}
          {options.map(one => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
        <div className="jp-Tsml-help" id={`${id}__description`}>
          {option?.description}
        </div>
      </div>
      {option && settings && (
        <Inner
          field={props}
          schema={option.schema}
          path={[name]}
          value={given}
          onChange={value => {
            props.onChange({ [name]: value });
          }}
        />
      )}
    </>
  );
  return props.uiSchema?.['ui:bare'] ? (
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

/** Components one after the other, which may be written as one where there is only one. */
export function ChainField(props: FieldProps): JSX.Element {
  const [schema, { options }] = marked(props, 'chain');
  const value: unknown = props.formData;
  const several = Array.isArray(value);
  const items = several ? list(value) : value === undefined ? [] : [value];
  const known = options.filter(option => option.name !== NONE);
  const errors = several ? props.errorSchema : { 0: props.errorSchema ?? {} };
  const change = (next: unknown): void => {
    const chosen = list(next);
    props.onChange(chosen.length > 1 ? chosen : (chosen[0] ?? NONE));
  };
  return (
    <fieldset className="jp-Tsml-group">
      <legend>{schema.title ?? props.name}</legend>
      {schema.description && (
        <div className="jp-Tsml-help">{schema.description}</div>
      )}
      <ComponentsField
        {...props}
        uiSchema={{ 'ui:bare': true }}
        schema={{
          ...schema,
          tsml: { field: 'components', options: known }
        }}
        errorSchema={errors}
        formData={items.filter(item => component(item)[0] !== NONE)}
        onChange={change}
      />
    </fieldset>
  );
}
