/** Lines with something on them, and where the next one is: what every search in a body goes by. */

export function isWordless(lines: readonly string[]): boolean {
  return !lines.some((line) => /[\p{L}\p{N}\p{Emoji_Presentation}]/u.test(line))
}

export function nextWords(lines: readonly string[], from: number): number {
  let at = from
  while (at < lines.length && !/\S/.test(lines[at] ?? '')) at += 1
  return at
}

export function lastWords(lines: readonly string[], from: number): number {
  let at = from
  while (at >= 0 && !/\S/.test(lines[at] ?? '')) at -= 1
  return at
}
