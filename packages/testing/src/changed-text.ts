/**
 * `text` with another letter at `at`. A fixed letter there would leave one token in 64 as it is, and the last letter of a token
 * has bits that nobody reads.
 */
export function changeCharacter(text: string, at = 0): string {
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}
