const [lf, cr] = [0x0a, 0x0d]

/**
 * Every line ends in CRLF (RFC 5322 §2.1); gives `content` itself where it does already. The composer's own
 * option makes three pieces of each line: a megabyte of short lines keeps the thread for a tenth of a second.
 */
export function withLineEnds(content: Buffer): Buffer {
  const missing: number[] = []
  for (let at = content.indexOf(lf); at >= 0; at = content.indexOf(lf, at + 1)) {
    if (content[at - 1] !== cr) missing.push(at)
  }
  if (missing.length === 0) return content
  const ended = Buffer.allocUnsafe(content.length + missing.length)
  let from = 0
  let length = 0
  for (const at of missing) {
    length += content.copy(ended, length, from, at)
    ended[length++] = cr
    from = at
  }
  content.copy(ended, length, from)
  return ended
}
