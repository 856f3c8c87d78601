import { drawnPath } from '../issues';
import type { Document } from '../json';
import { adaptSchema, type Mark } from '../schema';
import { concise, summarise } from '../summary';

/** A component as pydantic writes it. */
function named(name: string, properties: Document = {}): Document {
  return {
    type: 'object',
    title: name,
    description: `About ${name}.`,
    additionalProperties: false,
    required: [name],
    properties: {
      [name]: { type: 'object', additionalProperties: false, properties }
    }
  };
}

const ALPHA: Document = {
  alpha: { type: 'number', title: 'Alpha', default: 1 }
};
const MODEL: Document = {
  oneOf: [named('ridge', ALPHA), named('lasso', ALPHA)]
};
const SCHEMA = adaptSchema({
  type: 'object',
  $defs: { model: MODEL },
  properties: {
    stack: {
      type: 'object',
      properties: {
        meta: { anyOf: [{ $ref: '#/$defs/model' }, { type: 'null' }] }
      }
    },
    model: { $ref: '#/$defs/model' },
    pruning: {
      anyOf: [
        {
          anyOf: [
            { type: 'object', properties: { eta: { type: 'integer' } } },
            { type: 'string', enum: ['asha', 'median'], title: 'Short form' }
          ]
        },
        { type: 'null' }
      ]
    },
    transform: {
      default: 'none',
      anyOf: [
        named('none'),
        named('log'),
        named('standard', { by: { type: 'string', title: 'By' } }),
        { type: 'array', items: { oneOf: [named('log')] } }
      ]
    }
  }
});

function markOf(name: string): Mark | undefined {
  return SCHEMA.properties?.[name]?.tsml;
}

describe('a component that stands alone', () => {
  it('is drawn with all of its alternatives', () => {
    const mark = markOf('model') as Extract<Mark, { field: 'component' }>;
    expect(mark.field).toBe('component');
    expect(mark.options.map(option => option.name)).toEqual(['ridge', 'lasso']);
  });

  it('has a switch where it may be absent', () => {
    const meta = SCHEMA.properties?.['stack']?.properties?.['meta'];
    expect(meta?.tsml?.field).toBe('optional');
  });

  it('is drawn by its settings, with a switch, where one word is its short form', () => {
    const mark = markOf('pruning') as Extract<Mark, { field: 'optional' }>;
    expect(mark.field).toBe('optional');
    expect(mark.inner.properties?.['eta']?.type).toBe('integer');
  });

  it('takes a mistake at its own setting', () => {
    const spec = { model: { lasso: { alpha: -1 } } };
    expect(drawnPath('model.lasso.alpha', SCHEMA, spec)).toEqual([
      'model',
      'lasso',
      'alpha'
    ]);
  });
});

describe('one word or nothing', () => {
  it('is a choice, and not hidden like the word that tells alternatives apart', () => {
    const by = {
      anyOf: [{ const: 'entity', type: 'string' }, { type: 'null' }]
    };
    const drawn = adaptSchema({ type: 'object', properties: { by } });
    expect(drawn.properties?.['by']).toEqual({
      type: 'string',
      enum: ['entity']
    });
  });

  it('stays out of a folded card where it is the default', () => {
    const audit = { type: 'string', enum: ['full', 'off'], default: 'full' };
    const drawn = adaptSchema({ type: 'object', properties: { audit } });
    expect(summarise(['audit'], { audit: 'full' }, drawn)).toBe('');
    expect(summarise(['audit'], { audit: 'off' }, drawn)).toBe('audit off');
  });
});

describe('what may be absent beside the stages', () => {
  it('keeps its switch, while a stage needs none', () => {
    const maybe = {
      anyOf: [
        { type: 'object', properties: { half_life: { type: 'number' } } },
        { type: 'null' }
      ]
    };
    const drawn = adaptSchema({
      type: 'object',
      properties: { weights: maybe, split: maybe }
    });
    expect(drawn.properties?.['weights']?.tsml?.field).toBe('optional');
    expect(drawn.properties?.['split']?.tsml).toBeUndefined();
  });
});

describe('components one after the other', () => {
  const several: Document = {
    transform: ['log', { standard: { by: 'entity' } }]
  };

  it('are a chain, of which one alone is written without a list', () => {
    expect(markOf('transform')?.field).toBe('chain');
    expect(summarise(['transform'], { transform: 'log' }, SCHEMA)).toBe('log');
    expect(summarise(['transform'], several, SCHEMA)).toBe(
      'log · standard entity'
    );
  });

  it('lose nothing but defaults when they are written', () => {
    expect(concise(several, SCHEMA)).toEqual(several);
    expect(concise({ transform: { log: {} } }, SCHEMA)).toEqual({
      transform: 'log'
    });
    expect(concise({ transform: 'none' }, SCHEMA)).toEqual({});
  });

  it('take a mistake at the setting of the one that it is about', () => {
    expect(drawnPath('transform[1].standard.by', SCHEMA, several)).toEqual([
      'transform',
      1,
      'standard',
      'by'
    ]);
    const one = { transform: { standard: { by: 'x' } } };
    expect(drawnPath('transform.standard.by', SCHEMA, one)).toEqual([
      'transform',
      'standard',
      'by'
    ]);
  });
});
