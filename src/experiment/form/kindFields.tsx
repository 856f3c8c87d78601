import type { JSONObject } from '@lumino/coreutils';
import type { FieldProps } from '@rjsf/utils';
import { mapping } from '../json';
import { methodOf, optionOf, type IOption } from '../schema';
import { Inner } from './blockFields';
import { useFormEnvironment } from './environment';
import { marked } from './textFields';

/** Settings of which one names the kind, and with it which others there are. */
interface IKind {
  /** The field that holds them. */
  field: FieldProps;
  /** The key that names the kind. */
  name: 'loader' | 'method';
  /** What that key is called. */
  label: string;
  /** The kinds there are. */
  options: readonly IOption[];
  /** The kind that holds. */
  kind: string;
  /** Called with the new settings. */
  onChange: (value: JSONObject) => void;
}

/** Which kind, then its own settings; another kind keeps those that it has too. */
function Kind(props: IKind): JSX.Element {
  const { field, name, options, kind } = props;
  const value = mapping(field.formData);
  const option = optionOf(options, kind);
  const id = `${field.idSchema.$id}_${name}`;
  const choose = (next: string): void => {
    const known = optionOf(options, next)?.schema.properties ?? {};
    const kept = Object.entries(value).filter(
      ([key]) => key in known && key !== name
    );
    props.onChange({ [name]: next, ...Object.fromEntries(kept) });
  };
  return (
    <>
      <div className="jp-Tsml-field">
        <label className="jp-Tsml-label" htmlFor={id}>
          {props.label}
        </label>
        <select
          id={id}
          className="jp-Tsml-input"
          value={kind}
          aria-describedby={`${id}__description`}
          onChange={event => choose(event.target.value)}
        >
          {!option && <option value={kind}>{kind}</option>}
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
      {option && (
        <Inner
          field={field}
          schema={option.schema}
          path={[]}
          value={value}
          onChange={next => props.onChange(mapping(next))}
        />
      )}
    </>
  );
}

/** Settings that a method has of its own. */
export function MethodField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const [schema, mark] = marked(props, 'method');
  const body = (
    <Kind
      field={props}
      name="method"
      label={trans.__('Method')}
      options={mark.options}
      kind={methodOf(mapping(props.formData), mark)}
      onChange={value => {
        props.onChange(value);
      }}
    />
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

/** The data: a loader with its own settings, which a chosen file finds by its name. */
export function LoaderField(props: FieldProps): JSX.Element {
  const { trans, chooseFile } = useFormEnvironment();
  const options = marked(props, 'loader')[1].options;
  const value = mapping(props.formData);
  const loader = String(value['loader'] ?? '');
  const change = (next: JSONObject): void => {
    const named = String(next['loader'] ?? loader);
    const fitting = named === loader && loaderFor(next['path'], options);
    props.onChange({ ...next, loader: fitting || named });
  };
  const chooseData = async (): Promise<void> => {
    const path = await chooseFile('');
    if (path !== null) {
      const { calendar } = value;
      change(calendar ? { path, calendar } : { path });
    }
  };
  const fromFile =
    'path' in (optionOf(options, loader)?.schema.properties ?? {});
  return (
    <>
      <Kind
        field={props}
        name="loader"
        label={trans.__('Loader')}
        options={options}
        kind={loader}
        onChange={change}
      />
      {!fromFile && (
        <button
          type="button"
          className="jp-Tsml-button jp-mod-small"
          onClick={() => void chooseData()}
        >
          {trans.__('Choose a data file…')}
        </button>
      )}
    </>
  );
}

/** The loader that reads a file, by the end of its name. */
function loaderFor(
  path: unknown,
  options: readonly IOption[]
): string | undefined {
  const text = typeof path === 'string' ? path.toLowerCase() : '';
  const name = text.endsWith('.csv')
    ? 'csv'
    : /\.(parquet|pq)$/.test(text)
      ? 'parquet'
      : '';
  return optionOf(options, name)?.name;
}
