import type { TranslationBundle } from '@jupyterlab/translation';
import React, { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { DataPreview } from '../../wire';
import { PreviewBox } from '../form/PreviewBox';
import { previewOf } from './sample';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const trans = {
  __: (text: string, ...values: unknown[]) =>
    text.replace(/%(\d)/g, (_, place: string) =>
      String(values[Number(place) - 1])
    )
} as unknown as TranslationBundle;

function drawn(given: Partial<DataPreview>): HTMLElement {
  const page = document.createElement('div');
  act(() =>
    createRoot(page).render(
      <PreviewBox
        preview={previewOf(given)}
        busy={false}
        entity={true}
        onEntity={() => undefined}
        trans={trans}
      />
    )
  );
  return page;
}

const FINDINGS = [
  '1 bars are impossible, the first at date=2014-05-19',
  "2 changes of 'low' are outliers, the first at date=2015-08-24"
];

describe('what the data checks find', () => {
  const summaries = (page: HTMLElement): (string | null)[] =>
    [...page.querySelectorAll('summary')].map(one => one.textContent);

  it('is shown line by line', () => {
    const page = drawn({ rows: 9, checked_rows: 9, findings: FINDINGS });
    expect(summaries(page)).toEqual(['Data checks (2)']);
    const lines = [...page.querySelectorAll('details li')];
    expect(lines.map(line => line.textContent)).toEqual(FINDINGS);
  });

  it('says of how many rows it is where these are not all', () => {
    const page = drawn({ rows: 900, checked_rows: 200, findings: FINDINGS });
    expect(summaries(page)).toEqual(['Data checks of the first 200 rows (2)']);
  });

  it('takes no room where nothing is found', () => {
    expect(summaries(drawn({ findings: [] }))).toEqual([]);
  });
});
