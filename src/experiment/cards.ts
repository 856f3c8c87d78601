import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONValue } from '@lumino/coreutils';
import { freeName } from './names';
import { isMapping, mapping, type Document } from './json';

/** A card of the form: one stage of the pipeline. */
export interface ICard {
  /** Its id, for the DOM and for what is folded. */
  id: string;
  /** Its title. */
  title: string;
  /** The keys of the document that it edits. */
  keys: string[];
}

/** The stages that may have several forms, in pipeline order. */
export const STAGES = [
  'data',
  'target',
  'features',
  'preprocessing',
  'split',
  'models'
] as const;

/** A stage of the pipeline. */
export type Stage = (typeof STAGES)[number];

/**
 * Whether a key of the document is a stage.
 */
export function isStage(key: string): key is Stage {
  return (STAGES as readonly string[]).includes(key);
}

/**
 * The cards, in pipeline order.
 */
export function cardsOf(trans: TranslationBundle): ICard[] {
  return [
    { id: 'data', title: trans.__('Data'), keys: ['data'] },
    { id: 'target', title: trans.__('Target'), keys: ['task', 'target'] },
    { id: 'features', title: trans.__('Features'), keys: ['features'] },
    {
      id: 'preprocessing',
      title: trans.__('Preprocessing'),
      keys: ['preprocessing']
    },
    { id: 'split', title: trans.__('Split'), keys: ['split'] },
    { id: 'models', title: trans.__('Models'), keys: ['models', 'weights'] },
    {
      id: 'tuning',
      title: trans.__('Tuning & metrics'),
      keys: ['tuning', 'search', 'metrics']
    },
    {
      id: 'evaluation',
      title: trans.__('Intervals & evaluation'),
      keys: ['intervals', 'evaluation', 'audit']
    },
    {
      id: 'tracking',
      title: trans.__('Tracking & resources'),
      keys: ['tracking', 'resources']
    },
    { id: 'variants', title: trans.__('Variants'), keys: ['variants'] }
  ];
}

/**
 * The named forms of a stage; none when the stage has only one form.
 */
export function formsOf(spec: Document, stage: string): [string, JSONValue][] {
  const forms = mapping(mapping(spec['variants'])[stage]);
  return Object.entries(forms).map(([name, form]) => [name, form ?? null]);
}

/**
 * The names of the forms among which the search chooses a stage; none when it does not.
 */
export function searchedForms(spec: Document, stage: string): string[] {
  return Object.keys(mapping(mapping(spec['search'])[stage]));
}

/**
 * The change that gives a stage several forms: what it is now becomes the first one.
 */
export function vary(spec: Document, stage: Stage): Record<string, unknown> {
  const now = spec[stage] ?? null;
  const forms = { [freeName([])]: now };
  const variants = { ...present(spec['variants']), [stage]: forms };
  return { [stage]: undefined, variants };
}

/**
 * The change after the forms of the varied stages were edited; a stage whose last form was removed becomes
 * a plain stage again.
 */
export function revary(
  spec: Document,
  edited: Record<string, unknown>
): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  const kept: Record<string, unknown> = {};
  for (const [stage, forms] of Object.entries(present(spec['variants']))) {
    const next = edited[stage];
    if (isMapping(next) && Object.keys(next).length) {
      kept[stage] = next;
    } else {
      changes[stage] = Object.values(mapping(forms))[0] ?? undefined;
    }
  }
  changes['variants'] = Object.keys(kept).length ? kept : undefined;
  return changes;
}

/**
 * The stages that have forms, with their forms.
 */
export function present(variants: unknown): Document {
  const given = Object.entries(mapping(variants));
  return Object.fromEntries(given.filter(([, forms]) => forms));
}
