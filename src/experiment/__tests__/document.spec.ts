import { errorTree, drawnPath } from '../issues';
import { fieldSteps, rebasePath } from '../paths';
import { adaptSchema } from '../schema';
import {
  formatSearchable,
  parseSearchable,
  parseWholeNumbers
} from '../searchable';
import { concise, summarise } from '../summary';
import { formsOf, revary, searchedForms, vary } from '../cards';
import { rebaseYaml, writeYaml } from '../yaml';
import { issueAt, RAW, SPEC } from './sample';

const schema = adaptSchema(RAW);

describe('a mistake’s field', () => {
  it('is split into keys and positions', () => {
    expect(fieldSteps('models[0].ridge.alpha[1]')).toEqual([
      'models',
      0,
      'ridge',
      'alpha',
      1
    ]);
  });

  it('is found as deep as the form draws it', () => {
    const path = drawnPath('models[0].ridge.alpha[1]', schema, SPEC);
    expect(path).toEqual(['models', 0, 'ridge', 'alpha']);
    expect(drawnPath('data.path', schema, SPEC)).toEqual(['data', 'path']);
    expect(drawnPath('data.nothing', schema, SPEC)).toEqual(['data']);
  });

  it('carries the sentence with the near miss', () => {
    const issue = { ...issueAt('name', 'unknown key'), hint: 'horizon' };
    const tree = errorTree([issue], schema, SPEC, word => `try ${word}`);
    expect(tree).toEqual({ name: { __errors: ['unknown key; try horizon'] } });
  });
});

describe('a value to search', () => {
  it.each([
    ['3', 3],
    ['3, 4.5', [3, 4.5]],
    ['3,', [3]],
    ['0.01 .. 1 log', { log_uniform: [0.01, 1] }],
    ['none', null]
  ])('%s is read, and written the same', (text, value) => {
    expect(parseSearchable(text, 'number')).toEqual(value);
    expect(formatSearchable(value)).toBe(text);
  });

  it('keeps a choice whose values bring arguments', () => {
    const value = { choose: { rbf: { gamma: [0.1, 1] }, linear: {} } };
    const text = formatSearchable(value);
    expect(parseSearchable(text, 'string')).toEqual(value);
    const half = text.slice(0, 12);
    expect(parseSearchable(half, 'string')).toBe(half);
  });

  it('that is none stays what was typed, for the server to refuse', () => {
    expect(parseSearchable('abc', 'number')).toBe('abc');
    expect(parseWholeNumbers('1, x, 3 .. 5')).toEqual([1, 'x', 3, 4, 5]);
  });
});

describe('a folded card', () => {
  it('says what it holds, the file first and defaults left out', () => {
    expect(summarise(['data'], SPEC, schema)).toBe('csv a.csv day');
    expect(summarise(['models'], SPEC, schema)).toBe('ridge alpha 0.1, 10');
    const choice = { choose: { rbf: { gamma: [0.1, 1] }, linear: {} } };
    const chosen = { models: [{ ridge: { alpha: choice } }] };
    expect(summarise(['models'], chosen, schema)).toBe(
      'ridge alpha rbf, linear'
    );
    const sample = { data: { loader: 'sample', n_days: 400 } };
    expect(summarise(['data'], sample, schema)).toBe('sample');
  });

  it('names a switch, and what is on without settings of its own', () => {
    const it = { log: { type: 'boolean' } };
    const intervals = { type: 'object', properties: it };
    const drawn = adaptSchema({ type: 'object', properties: { intervals } });
    const line = (value: object): string =>
      summarise(['intervals'], { intervals: { ...value } }, drawn);
    expect(line({ log: true })).toBe('intervals log');
    expect(line({ log: false })).toBe('intervals log off');
    expect(line({})).toBe('intervals');
    expect(summarise(['intervals'], {}, drawn)).toBe('');
  });

  it('leaves out settings that are by default all together', () => {
    const checks = {
      type: 'object',
      default: { future: 'ignore' },
      properties: { future: { type: 'string', default: 'error' } }
    };
    const drawn = adaptSchema({ type: 'object', properties: { checks } });
    const line = (future: string): string =>
      summarise(['checks'], { checks: { future } }, drawn);
    expect(line('ignore')).toBe('');
    expect(line('warn')).toBe('warn');
  });

  it('loses nothing but defaults and what is empty', () => {
    const tracking = { tags: {} };
    const spec = {
      ...SPEC,
      tracking,
      data: { loader: 'csv', path: 'x', time: 'time' }
    };
    expect(concise(spec, schema)).toEqual({
      ...SPEC,
      data: { loader: 'csv', path: 'x' }
    });
  });
});

describe('variants', () => {
  it('take the plain stage as their first form and give it back', () => {
    const varied = { ...SPEC, ...vary(SPEC, 'data') };
    const forms = formsOf(varied as typeof SPEC, 'data');
    expect(forms.map(([, form]) => form)).toEqual([SPEC['data']]);
    const back = revary(varied as typeof SPEC, { data: {} });
    expect(back).toEqual({ data: SPEC['data'], variants: undefined });
  });
});

describe('a search over stages', () => {
  const found = {
    features: { short: ['calendar'], long: ['calendar'] },
    values: { 'split.cv.window': ['expanding', 30] }
  };
  const drawn = adaptSchema({
    type: 'object',
    properties: {
      search: {
        anyOf: [
          {
            type: 'object',
            additionalProperties: false,
            properties: {
              features: {
                anyOf: [
                  {
                    type: 'object',
                    additionalProperties: { type: 'array', items: {} }
                  },
                  { type: 'null' }
                ]
              },
              values: { type: 'object', additionalProperties: {} }
            }
          },
          { type: 'null' }
        ]
      }
    }
  });

  it('names the forms of a stage', () => {
    expect(searchedForms({ search: found }, 'features')).toEqual([
      'short',
      'long'
    ]);
    expect(searchedForms({ search: found }, 'split')).toEqual([]);
    expect(searchedForms({}, 'features')).toEqual([]);
  });

  it('is one line of the folded card', () => {
    expect(summarise(['search'], { search: found }, drawn)).toBe(
      'search short, long split.cv.window'
    );
  });

  it('is drawn as forms beside a table of values', () => {
    const mark = drawn.properties?.['search']?.tsml;
    const inner = mark?.field === 'optional' ? mark.inner.properties : {};
    const fields = Object.values(inner ?? {}).map(one => one.tsml?.field);
    expect(fields).toEqual(['forms', 'mapping']);
  });
});

describe('data paths', () => {
  it.each([
    ['data/a.csv', '', 'notebooks', '../data/a.csv'],
    ['a.csv', 'deep/er', '', 'deep/er/a.csv'],
    ['/abs/a.csv', 'x', 'y', '/abs/a.csv'],
    ['s3://bucket/a', 'x', 'y', 's3://bucket/a']
  ])('%s from %p to %p is %s', (path, from, to, expected) => {
    expect(rebasePath(path, from, to)).toBe(expected);
  });

  it('change in the YAML without losing its comments', async () => {
    const text = '# mine\ndata: {loader: csv, path: a.csv} # here\n';
    const moved = await rebaseYaml(text, '', 'notebooks');
    expect(moved).toContain('# mine');
    expect(moved).toContain('# here');
    expect(moved).toContain('path: ../a.csv');
    expect(await rebaseYaml(text, '', '')).toBe(text);
  });

  it('change in YAML 1.2, where a time of day is a text', async () => {
    const text = 'at: 17:00\ndata: {path: a.csv}\n';
    expect(await rebaseYaml(text, '', 'x')).toContain('at: 17:00');
  });
});

it('writes texts that look like something else with quotes', async () => {
  const text = await writeYaml({ name: 'true', day: '2', alpha: [1, 'none'] });
  expect(text).toBe('name: "true"\nday: "2"\nalpha: [ 1, none ]\n');
});
