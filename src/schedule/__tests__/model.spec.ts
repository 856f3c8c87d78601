import { fieldAt, requestOf, type IScheduleFields } from '../model';

const EMPTY: IScheduleFields = {
  name: '',
  data: '',
  at: '',
  calendar: '',
  timezone: '',
  target: 'parquet',
  parquet: '',
  connection: '',
  table: '',
  coverage: '',
  replace: false
};

describe('a schedule’s request', () => {
  it('leaves out what is empty, so that the defaults hold', () => {
    expect(requestOf('run', EMPTY)).toEqual({ run_id: 'run' });
  });

  it('carries a name as it was typed; the server judges it', () => {
    const fields = { ...EMPTY, name: " O'Brien " };
    expect(requestOf('run', fields).name).toBe("O'Brien");
  });

  it('posts to a table when that is chosen', () => {
    const fields: IScheduleFields = {
      ...EMPTY,
      target: 'table',
      parquet: 'ignored',
      connection: 'warehouse',
      table: 'desk.predictions'
    };
    expect(requestOf('run', fields).publish).toEqual({
      table: { connection: 'warehouse', table: 'desk.predictions' }
    });
  });

  it('sends a share as a number, and what is none as it is', () => {
    const wait = (coverage: string): unknown =>
      requestOf('run', { ...EMPTY, coverage }).wait;
    expect(wait('0.9')).toEqual({ coverage: 0.9 });
    expect(wait('lots')).toEqual({ coverage: 'lots' });
  });
});

it('finds the field of the dialog that an error is about', () => {
  expect(fieldAt('cadence.at')).toBe('at');
  expect(fieldAt('name')).toBe('name');
  expect(fieldAt('run_id')).toBe('');
  expect(fieldAt(null)).toBe('');
});
