import type { FieldProps } from '@rjsf/utils';
import { mapping } from '../json';
import { methodOf, optionOf } from '../schema';
import { Inner } from './blockFields';
import { useFormEnvironment } from './environment';
import { marked } from './textFields';

/** Settings that a method has of its own: which method, then its settings. */
export function MethodField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const [schema, mark] = marked(props, 'method');
  const value = mapping(props.formData);
  const method = methodOf(value, mark);
  const option = optionOf(mark.options, method);
  const id = `${props.idSchema.$id}_method`;
  const choose = (name: string): void => {
    const known = optionOf(mark.options, name)?.schema.properties ?? {};
    const kept = Object.entries(value).filter(
      ([key]) => key in known && key !== 'method'
    );
    props.onChange({ method: name, ...Object.fromEntries(kept) });
  };
  const body = (
    <>
      <div className="jp-Tsml-field">
        <label className="jp-Tsml-label" htmlFor={id}>
          {trans.__('Method')}
        </label>
        <select
          id={id}
          className="jp-Tsml-input"
          value={method}
          aria-describedby={`${id}__description`}
          onChange={event => choose(event.target.value)}
        >
          {!option && <option value={method}>{method}</option>}
          {mark.options.map(one => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
        <div className="jp-Tsml-help" id={`${id}__description`}>
          {option?.description}
        </div>
      </div>
      {option && (
        <Inner
          field={props}
          schema={option.schema}
          path={[]}
          value={value}
          onChange={next => {
            props.onChange(mapping(next));
          }}
        />
      )}
    </>
  );
  return props.uiSchema?.['ui:bare'] ? (
    <div className="jp-Tsml-fields">{body}</div>
  ) : (
    <fieldset className="jp-Tsml-group">
      <legend>{schema.title ?? props.name}</legend>
      {body}
    </fieldset>
  );
}
