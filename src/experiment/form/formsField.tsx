import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import { JSONExt } from '@lumino/coreutils';
import type { FieldProps } from '@rjsf/utils';
import React from 'react';
import { mapping } from '../json';
import { freeName } from '../names';
import { Inner } from './blockFields';
import { useFormEnvironment } from './environment';
import { marked } from './textFields';

/** Several named forms of a stage. */
export function FormsField(props: FieldProps): JSX.Element {
  const { trans } = useFormEnvironment();
  const [schema, { inner }] = marked(props, 'forms');
  const forms = Object.entries(mapping(props.formData));
  const change = (next: [string, unknown][]): void => {
    props.onChange(next.length ? Object.fromEntries(next) : undefined);
  };
  const put = (position: number, form: [string, unknown]): void => {
    change(forms.map((old, index) => (index === position ? form : old)));
  };
  const add = (): void => {
    const last = forms[forms.length - 1]?.[1] ?? null;
    const copy = JSONExt.deepCopy(last);
    change([...forms, [freeName(forms.map(([name]) => name)), copy]]);
  };
  return (
    <fieldset className="jp-Tsml-group">
      <legend>{schema.title ?? props.name}</legend>
      {forms.map(([name, value], index) => (
        <details key={index} className="jp-Tsml-variant" open>
          <summary>
            <FormName
              name={name}
              taken={forms.map(([other]) => other)}
              onChange={next => put(index, [next, value])}
            />
            <button
              type="button"
              className="jp-Tsml-iconButton"
              aria-label={trans.__('Remove %1', name)}
              onClick={() => change(forms.filter((_, at) => at !== index))}
            >
              <closeIcon.react tag="span" width="14px" height="14px" />
            </button>
          </summary>
          <Inner
            field={props}
            schema={inner}
            path={[name]}
            value={value}
            onChange={next => put(index, [name, next])}
          />
        </details>
      ))}
      <button
        type="button"
        className="jp-Tsml-button jp-mod-small"
        onClick={add}
      >
        <addIcon.react tag="span" width="14px" height="14px" />
        {trans.__('Add a form')}
      </button>
    </fieldset>
  );
}

/** The name of a form; it is taken over when the field is left, and only when no other form has it. */
function FormName(props: {
  name: string;
  taken: string[];
  onChange: (name: string) => void;
}): JSX.Element {
  const { trans } = useFormEnvironment();
  const [text, setText] = React.useState(props.name);
  const commit = (): void => {
    const free = text && !props.taken.includes(text);
    if (free) {
      props.onChange(text);
    } else {
      setText(props.name);
    }
  };
  return (
    <input
      className="jp-Tsml-input"
      aria-label={trans.__('Name of the form')}
      value={text}
      onChange={event => setText(event.target.value)}
      onBlur={commit}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          event.preventDefault();
          commit();
        }
      }}
    />
  );
}
