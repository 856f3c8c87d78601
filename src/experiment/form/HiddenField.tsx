/** A value that there is no choice about. */
export function HiddenField(): JSX.Element {
  return <></>;
}
