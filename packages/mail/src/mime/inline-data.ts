/**
 * HTML may hold its pictures in itself, as `data:` URLs (RFC 2397): megabytes without a word. Their content is left out
 * before the HTML is decoded, so that a bound on it counts what somebody wrote.
 */
import { createTurns } from '../turns.ts'

const start = ';base64,'
/** A shorter one costs nothing. */
const leastBytes = 1_000
/** Of a line of wrapped base64; where a shorter one is followed by another, these are words. */
const leastLineBytes = 40
/** Between `data:` and its content: a type and its parameters. */
const maxTypeBytes = 200
const urlStart = /(["']\s{0,10}|)data:[^"'\s<>]*$/i
/** A megabyte takes some milliseconds. */
const turnBytes = 256 * 1024

/** In any charset that has the octets of ASCII. Gives `html` itself where there is nothing to leave out. */
export async function dropInlineData(html: Buffer): Promise<Buffer> {
  const turns = createTurns(turnBytes)
  const kept: Buffer[] = []
  let from = 0
  for (let at = html.indexOf(start); at >= 0; at = html.indexOf(start, at)) {
    const data = at + start.length
    const [, quote] = urlStart.exec(html.toString('latin1', Math.max(0, at - maxTypeBytes), at)) ?? []
    await turns(maxTypeBytes)
    if (quote === undefined) {
      at = data
      continue
    }
    // Only between quotes may lines follow each other.
    const scan = createScan(html, data, quote !== '')
    while (scan.goOn(turnBytes)) await turns(turnBytes)
    at = scan.end()
    await turns(at - data)
    if (at - data < leastBytes) continue
    kept.push(html.subarray(from, data))
    from = at
  }
  return from === 0 ? html : Buffer.concat([...kept, html.subarray(from)])
}

/** From the first octet of the content to what cannot belong to it. */
function createScan(html: Buffer, data: number, isWrapped: boolean) {
  let at = data
  let line = 0
  let end = data
  let isOver = false
  return {
    /** False at the end. */
    goOn(bytes: number): boolean {
      for (const stop = Math.min(html.length, at + bytes); at < stop && !isOver; at += 1) {
        const byte = html[at] ?? 0
        if (isBase64[byte] === 1) {
          line += 1
          end = at + 1
        } else if (isWrapped && isBlank(byte) && (line === 0 || line >= leastLineBytes)) line = 0
        else isOver = true
      }
      return !isOver && at < html.length
    },
    end: () => end,
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

/** Escaped in a URL (`%2B`), too. */
const isBase64 = new Uint8Array(256)
for (const letter of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=%-_'))
  isBase64[letter] = 1
