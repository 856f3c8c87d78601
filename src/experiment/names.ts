/**
 * A short name that none has yet: a, b, c and so on.
 */
export function freeName(taken: readonly string[]): string {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const free = letters.find(letter => !taken.includes(letter));
  return free ?? `form-${taken.length + 1}`;
}
