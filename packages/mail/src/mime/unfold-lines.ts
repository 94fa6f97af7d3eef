/**
 * The unfolded lines of iCalendar and vCard (RFC 5545 §3.1, RFC 6350 §3.2). Piece by piece: a text of folds alone would
 * take fifty times its size at once.
 */
const pieceChars = 64 * 1024

export function unfoldLines(text: string, maxLines?: number): string[] {
  const unfolded: string[] = []
  for (let from = 0; from < text.length; ) {
    let end = Math.min(text.length, from + pieceChars)
    // A line end stays with what follows it.
    while (end < text.length && /[\r\n]/.test(text.charAt(end - 1))) end++
    const piece = text.slice(from, end)
    unfolded.push(piece.replaceAll(/\r\n?/g, '\n').replaceAll(/\n[ \t]/g, ''))
    from = end
  }
  return unfolded.join('').split('\n', maxLines)
}
