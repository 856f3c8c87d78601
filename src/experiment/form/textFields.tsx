import type { FieldProps } from '@rjsf/utils';
import React from 'react';
import type { DrawnSchema, Mark } from '../schema';
import {
  formatSearchable,
  parseLoose,
  parseSearchable,
  parseWholeNumbers
} from '../searchable';
import { useFormEnvironment } from './environment';

/**
 * The mark of a field, and the schema that carries it.
 */
export function marked<F extends Mark['field']>(
  props: FieldProps,
  field: F
): [DrawnSchema, Extract<Mark, { field: F }>] {
  const schema = props.schema as DrawnSchema;
  if (schema.tsml?.field !== field) {
    throw new Error(`${props.name} is not marked as ${field}`);
  }
  return [schema, schema.tsml as Extract<Mark, { field: F }>];
}

interface ITextInput {
  field: FieldProps;
  parse: (text: string) => unknown;
  placeholder?: string;
  hint?: string;
  list?: readonly string[];
  children?: React.ReactNode;
}

/**
 * A line of text that stands for a value; what is being typed stays as it was typed.
 */
export function TextInput(props: ITextInput): JSX.Element {
  const { field, parse, list } = props;
  const schema = field.schema as DrawnSchema;
  const id = field.idSchema.$id;
  const [text, setText] = React.useState(() => shown(field.formData));
  const [own, setOwn] = React.useState(() => JSON.stringify(field.formData));
  const outer = JSON.stringify(field.formData);
  if (outer !== own) {
    setOwn(outer);
    setText(shown(field.formData));
  }
  const change = (value: string): void => {
    const parsed = parse(value);
    setText(value);
    setOwn(JSON.stringify(parsed));
    field.onChange(parsed);
  };
  const fallback = shown(schema.tsmlDefault ?? undefined);
  return (
    <>
      <div className="jp-Tsml-inputRow">
        <input
          id={id}
          type="text"
          className="jp-Tsml-input"
          value={text}
          spellCheck={false}
          autoComplete="off"
          placeholder={fallback || props.placeholder}
          list={list?.length ? `${id}__list` : undefined}
          aria-describedby={`${id}__description ${id}__hint ${id}__error`}
          aria-invalid={Boolean(field.rawErrors?.length)}
          onChange={event => change(event.target.value)}
        />
        {props.children}
      </div>
      {props.hint && (
        <div className="jp-Tsml-hint" id={`${id}__hint`}>
          {props.hint}
        </div>
      )}
      {list && list.length > 0 && (
        <datalist id={`${id}__list`}>
          {list.map(item => (
            <option key={item} value={item} />
          ))}
        </datalist>
      )}
    </>
  );
}

function shown(value: unknown): string {
  return formatSearchable(value === null ? undefined : value);
}

/** A value, choices, or a range to search. */
export function SearchableField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const kind = marked(props, 'searchable')[1].kind;
  const value: unknown = props.formData;
  const searched = typeof value === 'object' && value !== null;
  const numeric = kind === 'number' || kind === 'integer';
  const example = numeric
    ? trans.__('Searched. Also: 3 or 3, 4, 5 or 1 .. 10 or 0.01 .. 1 log')
    : trans.__('Searched: each of these values is tried.');
  return (
    <TextInput
      field={props}
      parse={text => parseSearchable(text, kind)}
      placeholder={trans.__('library default')}
      hint={searched ? example : undefined}
    />
  );
}

/** Whole numbers, such as `1, 2, 5` or `1 .. 5`. */
export function NumbersField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  return (
    <TextInput
      field={props}
      parse={parseWholeNumbers}
      placeholder={trans.__('1, 2, 5 or 1 .. 5')}
    />
  );
}

/** A number or a word. */
export function LooseField(props: FieldProps): JSX.Element {
  const words = marked(props, 'loose')[1].words;
  return <TextInput field={props} parse={parseLoose} list={words} />;
}

/** One column of the data. */
export function ColumnField(props: FieldProps): JSX.Element {
  const { columns } = useFormEnvironment();
  return (
    <TextInput field={props} parse={text => text || undefined} list={columns} />
  );
}

/** The path of a data file, typed or chosen. */
export function FileField(props: FieldProps): JSX.Element {
  const { trans, chooseFile } = useFormEnvironment();
  const current = typeof props.formData === 'string' ? props.formData : '';
  const choose = async (): Promise<void> => {
    const path = await chooseFile(current);
    if (path !== null) {
      props.onChange(path);
    }
  };
  return (
    <TextInput
      field={props}
      parse={text => text || undefined}
      placeholder={trans.__('folder/file.parquet')}
    >
      <button
        type="button"
        className="jp-Tsml-button"
        onClick={() => void choose()}
      >
        {trans.__('Browse…')}
      </button>
    </TextInput>
  );
}
