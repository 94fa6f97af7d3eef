/** A `winmail.dat` (MS-OXTNEF) as Outlook makes it: properties of the message, then one block of attributes a file. */
export function tnef(message: {
  body?: string
  /** As it is, not compressed. */
  rtf?: string
  files?: readonly { readonly name: string; readonly content: string }[]
}): Buffer {
  const attributes = [
    attribute(1, 0x69003, properties(bodyOf(message))),
    ...(message.files ?? []).flatMap(({ name, content }) => [
      attribute(2, 0x69002, Buffer.alloc(14)),
      attribute(2, 0x6800f, Buffer.from(content)),
      attribute(2, 0x69005, properties([[0x3707001f, wide(name)]])),
    ]),
  ]
  return Buffer.concat([Buffer.from('789f3e220100', 'hex'), ...attributes])
}

function bodyOf({ body = '', rtf }: { body?: string; rtf?: string }): [number, Buffer][] {
  if (rtf === undefined) return [[0x1000001f, wide(body)]]
  const [content, mark] = [Buffer.from(rtf, 'latin1'), Buffer.from('MELA')]
  const [whole, length] = [number(content.length + 12), number(content.length)]
  return [[0x10090102, Buffer.concat([whole, length, mark, Buffer.alloc(4), content])]]
}

const wide = (text: string) => Buffer.from(`${text}\0`, 'utf16le')

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function attribute(level: number, id: number, data: Buffer): Buffer {
  const checksum = data.reduce((sum, byte) => (sum + byte) & 0xffff, 0)
  return Buffer.concat([
    Buffer.of(level),
    number(id),
    number(data.length),
    data,
    Buffer.of(checksum & 0xff, checksum >> 8),
  ])
}

function properties(list: readonly (readonly [tag: number, value: Buffer])[]): Buffer {
  const encoded = list.map(([tag, value]) =>
    Buffer.concat([
      number(tag),
      number(1),
      number(value.length),
      value,
      Buffer.alloc((4 - (value.length % 4)) % 4),
    ]),
  )
  return Buffer.concat([number(list.length), ...encoded])
}
