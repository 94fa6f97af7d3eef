/** What one line of text may hold; everything that reaches a mail server in a command or a header is one (R37). */

// Controls, line and paragraph separators, lone surrogates: none can stand in a header, a mailbox name or a command.
const notInLine = /[\p{Cc}\p{Cs}\u2028\u2029]/u

export function isLine(value: string): boolean {
  return !notInLine.test(value)
}
