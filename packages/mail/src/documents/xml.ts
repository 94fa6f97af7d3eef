/**
 * XML of documents as events. A document type declaration is refused, since only an attack brings one: so there are no
 * entities but the five, and nothing that could be fetched. Depth and elements are counted.
 */
import { SaxesParser } from 'saxes'
import { DocumentError, refusals } from './document.ts'

export type Attributes = Readonly<Record<string, string>>

export interface XmlHandler {
  /** Names are as written, prefix and all: office programs always write the same prefixes. */
  open?(name: string, attributes: Attributes): void
  text?(text: string): void
  close?(name: string): void
}

const maxDepth = 256
/** A sheet of a million cells has as many. */
const maxElements = 3_000_000
/** What no element needs; the parser holds a whole tag in memory. */
const maxTagChars = 4 * 1024 * 1024

export async function readXml(content: AsyncIterable<Buffer>, handler: XmlHandler): Promise<void> {
  const parser = createParser(handler)
  let decoder: TextDecoder | undefined
  for await (const bytes of content) {
    decoder ??= new TextDecoder(charsetOf(bytes))
    parser.write(decoder.decode(bytes, { stream: true }))
  }
  parser.end()
}

/** XML 1.0 §4.3.3: by the mark; the few that are not UTF-8 say so. */
function charsetOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const named = /^<\?xml[^>]{0,100}encoding=["']([\w-]{1,30})/.exec(start.subarray(0, 200).toString('latin1'))
  try {
    return new TextDecoder(named?.[1] ?? 'utf-8').encoding
  } catch {
    return 'utf-8'
  }
}

function createParser(handler: XmlHandler): { write(text: string): void; end(): void } {
  const parser = new SaxesParser({ fragment: false })
  let depth = 0
  let elements = 0
  let sinceEvent = 0
  const refuse = () => {
    throw new DocumentError(refusals.tooMuch)
  }
  parser.on('doctype', () => {
    throw new DocumentError(refusals.tooMuch)
  })
  parser.on('error', (error) => {
    throw new DocumentError(refusals.broken, { cause: error })
  })
  parser.on('opentag', ({ name, attributes }) => {
    sinceEvent = 0
    depth += 1
    elements += 1
    if (depth > maxDepth || elements > maxElements) refuse()
    handler.open?.(name, attributes as Attributes)
  })
  parser.on('closetag', ({ name }) => {
    sinceEvent = 0
    depth -= 1
    handler.close?.(name)
  })
  const onText = (text: string) => {
    sinceEvent = 0
    handler.text?.(text)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  return {
    write(text) {
      sinceEvent += text.length
      if (sinceEvent > maxTagChars) refuse()
      parser.write(text)
    },
    end: () => parser.close(),
  }
}
