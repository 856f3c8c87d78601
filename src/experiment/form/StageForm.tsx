import { FormComponent } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { IChangeEvent } from '@rjsf/core';
import type { ErrorSchema, RegistryFieldsType, UiSchema } from '@rjsf/utils';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- this module is only loaded with import()
import { customizeValidator } from '@rjsf/validator-ajv8';
import Ajv2020 from 'ajv/dist/2020';
import React from 'react';
import type { Document } from '../json';
import { uiSchemaOf, type DrawnSchema } from '../schema';
import { ComponentsField, OptionalField } from './blockFields';
import { ChainField, ComponentField } from './componentFields';
import { FormsField } from './formsField';
import { HiddenField } from './HiddenField';
import { LoaderField, MethodField } from './kindFields';
import { ChoicesField, MappingField, TextsField } from './listFields';
import { FieldTemplate, ObjectFieldTemplate } from './templates';
import {
  ColumnField,
  FileField,
  LooseField,
  NumbersField,
  SearchableField
} from './textFields';

const validator = customizeValidator<ReadonlyJSONObject>({
  AjvClass: Ajv2020
});
/** Objects that fill their card and need no frame. */
const BARE = ['target', 'split'];
const templates = { FieldTemplate, ObjectFieldTemplate };
const fields: RegistryFieldsType<ReadonlyJSONObject> = {
  searchable: SearchableField,
  numbers: NumbersField,
  loose: LooseField,
  column: ColumnField,
  texts: TextsField,
  choices: ChoicesField,
  file: FileField,
  loader: LoaderField,
  method: MethodField,
  components: ComponentsField,
  component: ComponentField,
  chain: ChainField,
  mapping: MappingField,
  optional: OptionalField,
  forms: FormsField,
  hidden: HiddenField
};

/** What a form of a few keys of the document is drawn from. */
export interface IStageForm {
  /** The adapted schema of the keys. */
  schema: DrawnSchema;
  /** The values of the keys. */
  value: Document;
  /** The mistakes at their fields. */
  errors: ErrorSchema;
  /** Called with the new values. */
  onChange: (value: Document) => void;
}

/**
 * The form of one card. The server finds the mistakes, so that YAML and form agree about them.
 */
export function StageForm(props: IStageForm): JSX.Element {
  const { schema } = props;
  const uiSchema = React.useMemo(() => {
    const ui = uiSchemaOf(schema) as Record<string, Record<string, unknown>>;
    for (const key of BARE) {
      ui[key] = { ...ui[key], 'ui:bare': true };
    }
    return ui as UiSchema<ReadonlyJSONObject>;
  }, [schema]);
  const change = (event: IChangeEvent<ReadonlyJSONObject>): void => {
    props.onChange((event.formData ?? {}) as Document);
  };
  return (
    <FormComponent
      className="jp-Tsml-stageForm"
      idPrefix="root"
      tagName="div"
      schema={schema}
      uiSchema={uiSchema}
      formData={props.value}
      extraErrors={props.errors}
      validator={validator}
      fields={fields}
      templates={templates}
      noValidate
      noHtml5Validate
      showErrorList={false}
      experimental_defaultFormStateBehavior={{
        emptyObjectFields: 'skipDefaults'
      }}
      onChange={change}
    />
  );
}
