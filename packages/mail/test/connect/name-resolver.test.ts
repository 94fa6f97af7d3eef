/** Names against name servers on loopback: what is answered, what is silent, and that nothing waits behind either. */
import { createSocket, type Socket } from 'node:dgram'
import dns, { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNameResolver } from '../../src/connect/name-resolver.ts'

const types = { A: 1, AAAA: 28 }
const records: Record<string, { A?: string[]; AAAA?: string[]; silent?: keyof typeof types }> = {
  'both.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
  'six.example': { AAAA: ['2001:db8::6'] },
  'half.example': { A: ['192.0.2.3'], silent: 'AAAA' },
}

/** RFC 1035 §4.1. Names it does not know are silence where they say so, else NXDOMAIN. */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const question = query.subarray(12, at + 5)
  const type = query.readUInt16BE(at + 1)
  const name = labels.join('.').toLowerCase()
  const known = records[name]
  if (name.startsWith('silent') || (known?.silent !== undefined && types[known.silent] === type))
    return undefined
  const addresses = (type === types.A ? known?.A : known?.AAAA) ?? []
  const header = Buffer.alloc(12)
  header.writeUInt16BE(query.readUInt16BE(0), 0)
  header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  const answers = addresses.map((address) => {
    const data = type === types.A ? Buffer.from(address.split('.').map(Number)) : toBytes6(address)
    const fixed = Buffer.alloc(12)
    fixed.writeUInt16BE(0xc00c, 0)
    fixed.writeUInt16BE(type, 2)
    fixed.writeUInt16BE(1, 4)
    fixed.writeUInt32BE(60, 6)
    fixed.writeUInt16BE(data.length, 10)
    return Buffer.concat([fixed, data])
  })
  return Buffer.concat([header, question, ...answers])
}

function toBytes6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => text.split(':').filter((group) => group !== '')
  const zeros = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail)]
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  )
}

let server: Socket
let asked = 0
const folder = createTempFolder('names')
const hostsFile = join(folder.path, 'hosts')
const live = () => new AbortController().signal
const resolver = (asksSystem = false) =>
  createNameResolver({ servers: [`127.0.0.1:${server.address().port}`], hostsFile, asksSystem })

beforeAll(async () => {
  writeFileSync(
    hostsFile,
    '# 203.0.113.9 commented.example\n127.0.0.1\tlocalhost loopback\n192.0.2.9 Listed.Example other # x.example\n::1 localhost\nnot-an-address bad.example\n',
  )
  server = createSocket('udp4', (query, peer) => {
    asked += 1
    const answer = answerTo(query)
    if (answer !== undefined) server.send(answer, peer.port, peer.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.close()
  await folder.remove()
})

describe('a name', () => {
  test('gives every address of both families, IPv4 first', async () => {
    expect(await resolver()('both.example', live())).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1'])
    expect(await resolver()('six.example', live())).toEqual(['2001:db8::6'])
  })

  test('that DNS does not have is an error, and is not asked of the system unless that was allowed', async () => {
    await expect(resolver()('nowhere.example', live())).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(resolver(true)('nowhere.invalid', live())).rejects.toThrow(/getaddrinfo/)
  })

  test('with a silent answer for one family gives the other after half a second', async () => {
    expect(await resolver()('half.example', live())).toEqual(['192.0.2.3'])
  })

  test('is looked for in the hosts file first, whatever its case, and a comment is no entry', async () => {
    const before = asked
    expect(await resolver()('listed.example', live())).toEqual(['192.0.2.9'])
    expect(await resolver()('OTHER', live())).toEqual(['192.0.2.9'])
    expect(await resolver()('localhost', live())).toEqual(['127.0.0.1', '::1'])
    expect(asked).toBe(before)
    for (const name of ['commented.example', 'x.example', 'bad.example'])
      await expect(resolver()(name, live())).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  test('localhost needs no hosts file', async () => {
    const without = createNameResolver({ hostsFile: join(folder.path, 'missing') })
    expect(await without('localhost', live())).toEqual(['127.0.0.1', '::1'])
  })
})

describe('a silent name server', () => {
  test('R58: is left at the moment the signal aborts, with its reason', async () => {
    const end = new AbortController()
    const resolving = resolver()('silent.example', end.signal)
    setTimeout(() => end.abort(new Error('deadline')), 50)
    await expect(resolving).rejects.toThrow('deadline')
    await expect(resolver()('both.example', end.signal)).rejects.toThrow('deadline')
  })

  test('R102: thirty of them keep no other name waiting, the system’s own lookups included', async () => {
    const ends = Array.from({ length: 30 }, () => new AbortController())
    const silent = ends.map((end, at) => resolver()(`silent${at}.example`, end.signal))
    const settled = Promise.allSettled(silent)
    const startedAt = performance.now()
    await resolver()('both.example', live())
    await lookup('localhost')
    // Each silent name takes six seconds; the four threads of the process would take 45 for all of them.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    for (const end of ends) end.abort(new Error('over'))
    expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['rejected']))
  })

  test('R102: of names that only the system may know two are asked for at once, and the next is unknown', async () => {
    const known = dns.lookup
    const waiting: ((error: Error) => void)[] = []
    const silent = () => new Promise((_, reject) => waiting.push(reject))
    Object.assign(dns, { lookup: silent })
    syncBuiltinESMExports()
    try {
      const resolve = resolver(true)
      const first = Promise.allSettled([resolve('a.invalid', live()), resolve('b.invalid', live())])
      await expect.poll(() => waiting.length).toBe(2)
      await expect(resolve('c.invalid', live())).rejects.toMatchObject({ code: 'ENOTFOUND' })
      for (const end of waiting.splice(0)) end(new Error('the system gave up'))
      await first
      const next = resolve('d.invalid', live())
      await expect.poll(() => waiting.length).toBe(1)
      waiting[0]?.(new Error('again'))
      await expect(next).rejects.toThrow('again')
    } finally {
      Object.assign(dns, { lookup: known })
      syncBuiltinESMExports()
    }
  })
})
