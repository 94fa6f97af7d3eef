/** R102: strangers point client ids at name servers that never answer; nobody else waits for them. */
import { createSocket, type Socket } from 'node:dgram'
import { lookup, Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authorizeUrl, connect, startProduct, type TestProduct } from './product.ts'

const { prototype } = Resolver
const { resolve4, resolve6 } = prototype
let silent: Socket
let queries = 0
let product: TestProduct

beforeAll(async () => {
  silent = createSocket('udp4', () => {
    queries += 1
  })
  silent.bind(0, '127.0.0.1')
  await once(silent, 'listening')
  const servers = [`127.0.0.1:${silent.address().port}`]
  // Every resolver of the process asks the silent server.
  const silenced = (ask: (host: string) => Promise<string[]>) =>
    function (this: Resolver, host: string) {
      this.setServers(servers)
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

it('R102: thirty sign-ins behind silent name servers keep no other sign-in waiting', async () => {
  const signIn = () => connect(product)
  const aloneMs = await measure(signIn)
  const strangers = Array.from({ length: 30 }, (_, at) =>
    fetch(authorizeUrl(product, `https://silent${at}.example/client.json`)),
  )
  await expect.poll(() => queries, { timeout: 10_000 }).toBeGreaterThan(0)
  // The threads of the process are free: the system's own lookup, files and hashes take one each.
  const meanwhileMs = await measure(() => Promise.all([signIn(), lookup('localhost')]))
  // A busy machine may take several times as long; the strangers' documents are given up after five seconds.
  expect(meanwhileMs).toBeLessThan(4 * aloneMs + 1_000)
  const answers = await Promise.all(strangers)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  for (const answer of answers) await answer.body?.cancel()
})
