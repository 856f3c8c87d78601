import * as React from 'react';
import { drawable, type INamedFront } from './front';
import { FrontPicture } from './FrontPicture';
import { FrontTable } from './FrontTable';
import { english, type ITranslation } from './translation';

/**
 * The properties of the fronts.
 */
export interface IFrontViewProps {
  /** The fronts of experiments or runs. */
  fronts: readonly INamedFront[];
  trans?: ITranslation;
}

/**
 * The trials that no other beats in all of several metrics: a picture of two of them, and a table; nothing where there is none.
 */
export function FrontView(props: IFrontViewProps): JSX.Element | null {
  const trans = props.trans ?? english;
  const fronts = drawable(props.fronts);
  const metrics = fronts[0]?.front.metrics ?? [];
  const [chosen, setChosen] = React.useState<[string, string] | null>(null);
  const [marked, setMarked] = React.useState<string | null>(null);
  const [pinned, setPinned] = React.useState<string | null>(null);
  const [first, second] = metrics;
  if (first === undefined || second === undefined) {
    return null;
  }
  const axes: [string, string] =
    chosen?.every(name => metrics.includes(name)) === true
      ? chosen
      : [first, second];
  const shared = {
    fronts,
    axes,
    marked: marked ?? pinned,
    onMark: setMarked,
    onPin: (key: string) => setPinned(key === pinned ? null : key),
    trans
  };
  return (
    <div className="jp-TsmlFront">
      {metrics.length > 2 && (
        <Axes
          metrics={metrics}
          axes={axes}
          onChoose={setChosen}
          trans={trans}
        />
      )}
      <FrontPicture {...shared} />
      <FrontTable {...shared} pinned={pinned} metrics={metrics} />
    </div>
  );
}

function Axes(props: {
  metrics: readonly string[];
  axes: [string, string];
  onChoose: (axes: [string, string]) => void;
  trans: ITranslation;
}): JSX.Element {
  const { metrics, axes, onChoose, trans } = props;
  const [across, up] = axes;
  const choose = (place: 0 | 1, name: string): void => {
    const other = place === 0 ? up : across;
    const left = place === 0 ? across : up;
    const rest = name === other ? left : other; // the two change places
    onChoose(place === 0 ? [name, rest] : [rest, name]);
  };
  const titles = [trans.__('Across'), trans.__('Up')];
  return (
    <p className="jp-TsmlFront-axes">
      {([0, 1] as const).map(place => (
        <label key={place}>
          {titles[place]}{' '}
          <select
            value={axes[place]}
            onChange={event => choose(place, event.target.value)}
          >
            {metrics.map(name => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ))}
      <span>
        {trans.__(
          'The front is of %1 metrics: a trial that looks beaten here leads by another one.',
          metrics.length
        )}
      </span>
    </p>
  );
}
