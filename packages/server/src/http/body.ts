/** Bodies of requests: read with a cap that holds whatever Content-Length says. Forms are parsed strictly (R11). */

export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'
}

/** Throws BodyTooLargeError as soon as the cap is passed; the rest is not read. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('Content-Length') ?? 0) > maxBytes) throw new BodyTooLargeError()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body?.getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) break
    length += read.value.byteLength
    if (length > maxBytes) {
      await reader?.cancel().catch(() => undefined)
      throw new BodyTooLargeError()
    }
    chunks.push(read.value)
  }
  const body = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.byteLength
  }
  return body
}

/** The same request with a body that is known to be small. */
export async function withCappedBody(request: Request, maxBytes: number): Promise<Request> {
  if (request.body === null) return request
  const body = await readBody(request, maxBytes)
  return new Request(request.url, {
    method: request.method,
    headers: request.headers,
    body,
    signal: request.signal,
  })
}

/** The fields of an `application/x-www-form-urlencoded` body; undefined when it is none, or a name stands twice. */
export async function parseForm(request: Request): Promise<ReadonlyMap<string, string> | undefined> {
  const contentType = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (contentType !== 'application/x-www-form-urlencoded') return undefined
  const fields = new Map<string, string>()
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await request.arrayBuffer())
    for (const pair of text.split('&').filter((part) => part !== '')) {
      const [name = '', value = ''] = splitOnce(pair).map((part) =>
        decodeURIComponent(part.replace(/\+/g, ' ')),
      )
      if (fields.has(name)) return undefined
      fields.set(name, value)
    }
  } catch (error) {
    // Bad UTF-8, before or after the percent decoding.
    if (error instanceof TypeError || error instanceof URIError) return undefined
    throw error
  }
  return fields
}

function splitOnce(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}
