/** A header block (RFC 5322 §2.2) as unfolded values by lower-case name, in order. Names and order are the sender's. */

const maxHeaderBytes = 256 * 1024

export function parseHeaders(block: Buffer | undefined): Map<string, string[]> {
  const headers = new Map<string, string[]>()
  if (!Buffer.isBuffer(block)) return headers
  const unfolded = block
    .subarray(0, maxHeaderBytes)
    .toString('utf8')
    .replaceAll(/\r?\n(?=[ \t])/g, '')
  for (const line of unfolded.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon).trim().toLowerCase()
    const values = headers.get(name)
    if (values) values.push(line.slice(colon + 1).trim())
    else headers.set(name, [line.slice(colon + 1).trim()])
  }
  return headers
}
