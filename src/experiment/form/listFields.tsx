import { closeIcon } from '@jupyterlab/ui-components';
import type { FieldProps } from '@rjsf/utils';
import React from 'react';
import { list, mapping } from '../json';
import { formatSearchable, parseSearchable } from '../searchable';
import { useFormEnvironment } from './environment';
import { marked } from './textFields';

/** Any of a few fixed words: one toggle a word, the chosen ones first and in their order, which may count. */
export function ChoicesField(props: FieldProps): JSX.Element {
  const values = marked(props, 'choices')[1].values;
  const chosen = list(props.formData).map(String);
  const [order] = React.useState([...chosen, ...values]); // nothing moves under the pointer
  const toggle = (value: string): void => {
    const next = chosen.includes(value)
      ? chosen.filter(item => item !== value)
      : [...chosen, value];
    props.onChange(next);
  };
  const id = props.idSchema.$id;
  return (
    <div
      className="jp-Tsml-chips"
      role="group"
      aria-labelledby={`${id}__label`}
      aria-describedby={`${id}__description ${id}__error`}
    >
      {[...new Set([...order, ...chosen])].map(value => (
        <button
          key={value}
          type="button"
          className="jp-Tsml-chip"
          aria-pressed={chosen.includes(value)}
          onClick={() => toggle(value)}
        >
          {value}
        </button>
      ))}
    </div>
  );
}

/** A list of texts, such as columns: chips, and a line to add one with the known columns in its menu. */
export function TextsField(props: FieldProps): JSX.Element {
  const { trans, columns } = useFormEnvironment();
  const known = marked(props, 'texts')[1].columns ? columns : [];
  const [text, setText] = React.useState('');
  const given = list(props.formData).map(String);
  const id = props.idSchema.$id;
  const add = (value: string): void => {
    const parts = value
      .split(',')
      .map(part => part.trim())
      .filter(part => part && !given.includes(part));
    setText('');
    if (parts.length) {
      props.onChange([...given, ...parts]);
    }
  };
  const remove = (value: string): void => {
    props.onChange(given.filter(item => item !== value));
  };
  const change = (value: string): void => {
    if (known.includes(value)) {
      add(value);
    } else {
      setText(value);
    }
  };
  const keyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    const last = given[given.length - 1];
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && !text && last !== undefined) {
      remove(last);
    }
  };
  return (
    <div className="jp-Tsml-chips jp-mod-input">
      {given.map(item => (
        <span key={item} className="jp-Tsml-chip jp-mod-given">
          {item}
          <button
            type="button"
            aria-label={trans.__('Remove %1', item)}
            onClick={() => remove(item)}
          >
            <closeIcon.react tag="span" width="12px" height="12px" />
          </button>
        </span>
      ))}
      <input
        id={id}
        type="text"
        value={text}
        spellCheck={false}
        autoComplete="off"
        placeholder={trans.__('Add…')}
        list={known.length ? `${id}__list` : undefined}
        aria-describedby={`${id}__description ${id}__error`}
        onChange={event => change(event.target.value)}
        onKeyDown={keyDown}
        onBlur={() => add(text)}
      />
      {known.length > 0 && (
        <datalist id={`${id}__list`}>
          {known
            .filter(item => !given.includes(item))
            .map(item => (
              <option key={item} value={item} />
            ))}
        </datalist>
      )}
    </div>
  );
}

/** Keys with values, both free: tags, or the arguments of a class. */
export function MappingField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const texts = marked(props, 'mapping')[1].texts;
  const [rows, setRows] = React.useState(() => rowsOf(props.formData));
  const [own, setOwn] = React.useState(() => JSON.stringify(props.formData));
  const outer = JSON.stringify(props.formData);
  if (outer !== own) {
    setOwn(outer);
    setRows(rowsOf(props.formData));
  }
  const change = (next: [string, string][]): void => {
    const named = next
      .filter(([key]) => key)
      .map(([key, text]) => [key, texts ? text : freeValue(text)]);
    const value = Object.fromEntries(named) as Record<string, unknown>;
    setRows(next);
    setOwn(JSON.stringify(value));
    props.onChange(value);
  };
  const put = (position: number, column: 0 | 1, text: string): void => {
    change(
      rows.map(([key, value], index) => {
        if (index !== position) {
          return [key, value];
        }
        return column === 0 ? [text, value] : [key, text];
      })
    );
  };
  return (
    <div
      className="jp-Tsml-mapping"
      role="group"
      aria-labelledby={`${props.idSchema.$id}__label`}
    >
      {rows.map(([key, value], index) => (
        <div className="jp-Tsml-inputRow" key={index}>
          <input
            className="jp-Tsml-input"
            value={key}
            aria-label={trans.__('Name')}
            placeholder={trans.__('name')}
            onChange={event => put(index, 0, event.target.value)}
          />
          <input
            className="jp-Tsml-input"
            value={value}
            aria-label={trans.__('Value')}
            placeholder={trans.__('value')}
            onChange={event => put(index, 1, event.target.value)}
          />
          <button
            type="button"
            className="jp-Tsml-iconButton"
            aria-label={trans.__('Remove %1', key)}
            onClick={() => change(rows.filter((_, other) => other !== index))}
          >
            <closeIcon.react tag="span" width="14px" height="14px" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="jp-Tsml-button jp-mod-small"
        onClick={() => setRows([...rows, ['', '']])}
      >
        {trans.__('Add')}
      </button>
    </div>
  );
}

function rowsOf(value: unknown): [string, string][] {
  return Object.entries(mapping(value)).map(([key, item]) => [
    key,
    formatSearchable(item)
  ]);
}

function freeValue(text: string): unknown {
  const number = parseSearchable(text, 'number');
  const words = /^(true|false)$/i.test(text.trim());
  return words ? parseSearchable(text, 'boolean') : number;
}
