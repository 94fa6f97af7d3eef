/** R102: strangers point client ids at name servers that never answer; nobody else waits for them. */
import { createSocket, type Socket } from 'node:dgram'
import { lookup, Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizeUrl, connect, startProduct, type TestProduct } from './product.ts'

const { prototype } = Resolver
const { resolve4, resolve6 } = prototype
let silent: Socket
/** The names that were asked for. */
const queried = new Set<string>()
let product: TestProduct

beforeAll(async () => {
  silent = createSocket('udp4', (query) => {
    queried.add(nameIn(query))
  })
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  const servers = [`127.0.0.1:${silent.address().port}`]
  // Every resolver of the process asks the silent server; one that is asking cannot be given others.
  const told = new WeakSet<Resolver>()
  const silenced = (ask: (host: string) => Promise<string[]>) =>
    function (this: Resolver, host: string) {
      if (!told.has(this)) this.setServers(servers)
      told.add(this)
      return ask.call(this, host)
    }
  Object.assign(prototype, { resolve4: silenced(resolve4), resolve6: silenced(resolve6) })
  product = await startProduct()
})
afterAll(async () => {
  Object.assign(prototype, { resolve4, resolve6 })
  silent.close()
  await product.close()
})

async function measure(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The name of a query's question (RFC 1035 §4.1.2): labels, each behind its length, from byte 12 on. */
function nameIn(query: Buffer): string {
  const labels: string[] = []
  for (let at = 12, length = query[at] ?? 0; length > 0; at += length + 1, length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
  }
  return labels.join('.')
}

/** A sign-in for a client whose document is at a host. */
const ask = (host: string, ip: string) =>
  product.app.fetch(new Request(authorizeUrl(product, `https://${host}/client.json`)), { ip })

test('R102: thirty sign-ins behind silent name servers keep no other sign-in waiting', async () => {
  const signIn = () => connect(product)
  const aloneMs = await measure(signIn)
  const strangers = Array.from({ length: 30 }, (_, at) => ask(`silent${at}.example`, `203.0.113.${at}`))
  await expect.poll(() => queried.size).toBeGreaterThan(0)
  // The threads of the process are free: the system's own lookup, files and hashes take one each.
  const meanwhileMs = await measure(() => Promise.all([signIn(), lookup('localhost')]))
  // A busy machine may take several times as long; the strangers' documents are given up after five seconds.
  expect(meanwhileMs).toBeLessThan(4 * aloneMs + 1_000)
  const answers = await Promise.all(strangers)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  for (const answer of answers) await answer.body?.cancel()
})

test('R102: one network has four sign-ins open at once; the places that are left are for others', async () => {
  const answers = Array.from({ length: 12 }, (_, at) => ask(`greedy${at}.example`, `2001:db8:7::${at + 1}`))
  const other = ask('other.example', '2001:db8:8::1')
  // Nobody waits for a client that has no document.
  const known = await product.app.fetch(new Request(authorizeUrl(product, 'nobody')), { ip: '2001:db8:7::1' })
  await expect.poll(() => queried.has('other.example')).toBe(true)
  const statuses = (await Promise.all(answers)).map(({ status, headers }) => [
    status,
    headers.get('retry-after'),
  ])
  expect(statuses).toEqual([
    ...Array.from({ length: 4 }, () => [401, null]),
    ...Array.from({ length: 8 }, () => [429, '5']),
  ])
  expect([known.status, (await other).status]).toEqual([401, 401])
  // The client that waited has gone.
  expect((await ask('greedy.example', '2001:db8:7::1')).status).toBe(401)
})
