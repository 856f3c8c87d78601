import type { FieldTemplateProps, ObjectFieldTemplateProps } from '@rjsf/utils';
import React from 'react';
import { Mistakes } from '../../sidebar/Mistakes';
import type { DrawnSchema } from '../schema';
import { useFormEnvironment } from './environment';

/** Fields that are drawn as a block of their own and not as one input. */
const BLOCKS = new Set([
  'chain',
  'component',
  'components',
  'forms',
  'loader',
  'method',
  'optional'
]);

/**
 * A field: its label, its input, its help, and the mistakes that the server found in it.
 */
export function FieldTemplate(props: FieldTemplateProps): JSX.Element {
  const { trans, preview } = useFormEnvironment();
  const schema = props.schema as DrawnSchema;
  const field = schema.tsml?.field;
  if (props.hidden || field === 'hidden') {
    return <></>;
  }
  const block = schema.type === 'object' || (field && BLOCKS.has(field));
  const root = props.id === 'root';
  const errors = props.rawErrors ?? [];
  const labelled = !block && !root && schema.type !== 'boolean';
  return (
    <div
      className={`jp-Tsml-field${errors.length ? ' jp-mod-wrong' : ''}`}
      data-field={props.id}
    >
      {labelled && (
        <label
          className="jp-Tsml-label"
          id={`${props.id}__label`}
          htmlFor={props.id}
        >
          {props.label}
          {props.required && (
            <span className="jp-Tsml-required" aria-hidden="true">
              *
            </span>
          )}
        </label>
      )}
      {errors.length > 0 && block && <Mistakes id={props.id} texts={errors} />}
      {props.children}
      {errors.length > 0 && !block && <Mistakes id={props.id} texts={errors} />}
      {labelled && props.rawDescription && (
        <div className="jp-Tsml-help" id={`${props.id}__description`}>
          {field === 'file'
            ? trans.__('From the top folder of the file browser.')
            : props.rawDescription}
        </div>
      )}
      {field === 'file' && preview}
    </div>
  );
}

/**
 * An object: its fields one below the other, framed when it stands inside another one.
 */
export function ObjectFieldTemplate(
  props: ObjectFieldTemplateProps
): JSX.Element {
  const root = props.idSchema.$id === 'root';
  const titled = !root && props.title && !props.uiSchema?.['ui:bare'];
  const fields = props.properties.map(property => (
    <React.Fragment key={property.name}>{property.content}</React.Fragment>
  ));
  return titled ? (
    <fieldset className="jp-Tsml-group">
      <legend>{props.title}</legend>
      {fields}
    </fieldset>
  ) : (
    <div className="jp-Tsml-fields">{fields}</div>
  );
}
