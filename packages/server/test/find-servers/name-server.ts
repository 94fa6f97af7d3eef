/** A name server on loopback that knows MX and SRV records (RFC 1035, RFC 2782), and is silent on names that say so. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export type Records = Readonly<
  Record<
    string,
    readonly ({ mx: readonly [number, string] } | { srv: readonly [number, number, number, string] })[]
  >
>

export interface NameServer {
  /** `address:port` */
  readonly address: string
  readonly asked: readonly string[]
  close(): void
}

const types = { mx: 15, srv: 33 }

export async function startNameServer(records: Records): Promise<NameServer> {
  const asked: string[] = []
  const socket = createSocket('udp4', (query, peer) => {
    const { name, type, question } = parse(query)
    asked.push(name)
    if (name.includes('silent')) return
    const found = (records[name] ?? []).filter((record) => ('mx' in record ? types.mx : types.srv) === type)
    const header = Buffer.alloc(12)
    header.writeUInt16BE(query.readUInt16BE(0), 0)
    header.writeUInt16BE(records[name] === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(found.length, 6)
    const answers = found.map((record) => {
      const data =
        'mx' in record
          ? Buffer.concat([numbers(record.mx[0]), toName(record.mx[1])])
          : Buffer.concat([numbers(...record.srv.slice(0, 3).map(Number)), toName(record.srv[3])])
      return Buffer.concat([numbers(0xc00c, type, 1, 0, 60, data.length), data])
    })
    socket.send(Buffer.concat([header, question, ...answers]), peer.port, peer.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() }
}

function parse(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5),
  }
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
  return bytes
}

function toName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])
}
