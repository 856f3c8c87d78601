/**
 * Mistakes, one a line.
 */
export function Mistakes(props: {
  id?: string;
  texts: readonly string[];
}): JSX.Element {
  return (
    <ul
      className="jp-Tsml-mistakes"
      id={props.id && `${props.id}__error`}
      role="alert"
    >
      {props.texts.map(text => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
