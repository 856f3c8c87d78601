import type { FieldProps } from '@rjsf/utils';
import React, { act } from 'react';
import { createRoot } from 'react-dom/client';
import { FormEnvironment, type IFormEnvironment } from '../form/environment';
import { LoaderField, MethodField } from '../form/kindFields';
import { ChoicesField } from '../form/listFields';
import type { DrawnSchema } from '../schema';

jest.mock('@jupyterlab/ui-components', () => ({}));
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** A field of the form with a value, as a person sees it, and what it changes the value to. */
function drawn(
  Field: (props: FieldProps) => JSX.Element,
  schema: DrawnSchema,
  formData: unknown,
  file: string | null = null
): { page: HTMLElement; changes: unknown[] } {
  const page = document.createElement('div');
  const changes: unknown[] = [];
  const props = {
    schema,
    formData,
    idSchema: { $id: 'root_it' },
    registry: { fields: {} },
    onChange: (value: unknown) => changes.push(value)
  } as unknown as FieldProps;
  const environment = {
    trans: { __: (text: string) => text } as IFormEnvironment['trans'],
    chooseFile: () => Promise.resolve(file),
    columns: [],
    preview: null
  };
  act(() =>
    createRoot(page).render(
      <FormEnvironment.Provider value={environment}>
        <Field {...props} />
      </FormEnvironment.Provider>
    )
  );
  return { page, changes };
}

function choose(page: HTMLElement, value: string): void {
  const select = page.querySelector('select') as HTMLSelectElement;
  select.value = value;
  act(() => {
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

const option = (name: string, ...keys: string[]): object => ({
  name,
  schema: { properties: Object.fromEntries(keys.map(key => [key, {}])) }
});

describe('words to choose from', () => {
  const schema = {
    tsml: { field: 'choices', values: ['mae', 'rmse', 'r2'] }
  } as DrawnSchema;

  it('stand with the chosen ones first, in their order', () => {
    const { page } = drawn(ChoicesField, schema, ['r2', 'mae']);
    const words = [...page.querySelectorAll('button')];
    expect(words.map(word => word.textContent)).toEqual(['r2', 'mae', 'rmse']);
    expect(words.map(word => word.getAttribute('aria-pressed'))).toEqual([
      'true',
      'true',
      'false'
    ]);
  });

  it('go behind the others, so that the first one goes on deciding', () => {
    const { page, changes } = drawn(ChoicesField, schema, ['r2']);
    act(() => page.querySelectorAll('button')[1]?.click());
    act(() => page.querySelectorAll('button')[0]?.click());
    expect(changes).toEqual([['r2', 'mae'], []]);
  });
});

describe('a kind with its own settings', () => {
  it('keeps the settings that another method has too', () => {
    const options = [
      option('walk_forward', 'folds', 'window'),
      option('purged_kfold', 'folds', 'purge')
    ];
    const schema = { tsml: { field: 'method', options, fallback: 'x' } };
    const { page, changes } = drawn(
      MethodField,
      schema as unknown as DrawnSchema,
      { method: 'walk_forward', folds: 4, window: 9 }
    );
    choose(page, 'purged_kfold');
    expect(changes).toEqual([{ method: 'purged_kfold', folds: 4 }]);
  });

  const loaders = {
    tsml: {
      field: 'loader',
      options: [
        option('sample', 'calendar', 'n_days'),
        option('csv', 'calendar', 'path'),
        option('parquet', 'calendar', 'path')
      ]
    }
  } as unknown as DrawnSchema;

  it('takes the loader that is chosen, whatever the file is called', () => {
    const given = { loader: 'csv', path: 'a.csv' };
    const { page, changes } = drawn(LoaderField, loaders, given);
    choose(page, 'parquet');
    expect(changes).toEqual([{ loader: 'parquet', path: 'a.csv' }]);
  });

  it('finds the loader of a file that is chosen by its name', async () => {
    const given = { loader: 'sample', calendar: 'XNYS', n_days: 9 };
    const { page, changes } = drawn(LoaderField, loaders, given, 'b.parquet');
    await act(() => {
      page.querySelector('button')?.click();
      return Promise.resolve();
    });
    expect(changes).toEqual([
      { loader: 'parquet', path: 'b.parquet', calendar: 'XNYS' }
    ]);
  });
});
