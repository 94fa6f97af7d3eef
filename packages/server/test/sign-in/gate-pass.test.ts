/** What the pass of the identity gate hangs on, whatever the row beside it says (gate.test.ts has the way to it). */
import type { EpochSeconds } from '@email-connector/oauth'
import { expect, test } from 'vitest'
import { createGatePasses } from '../../src/gate/gate-pass.ts'

const publicUrl = 'https://mail.example.org'
const word = { issuer: 'https://login.example', clientId: 'gate', iss: 'https://login.example', sub: 'ann' }
const said = { ...word, by: ['group:mail'], saidAt: 1 }

/** Of a table that somebody changes: its rows never expire, and any of them answers to any id. */
function startPasses() {
  const rows: string[] = []
  let time = 1_800_000_000 as EpochSeconds
  const passes = createGatePasses({
    publicUrl,
    now: () => time,
    store: {
      createPageState: async (_id, { sealed }) => void rows.push(sealed),
      findPageState: async () => rows.at(-1),
    },
  })
  const withCookie = (setCookie: string) =>
    new Request(publicUrl, { headers: { Cookie: setCookie.split(';', 1)[0] ?? '' } })
  return {
    passes,
    withCookie,
    wait: (seconds: number) => {
      time = (time + seconds) as EpochSeconds
    },
  }
}

test.each([
  ['a sign-in', 'handle', 15 * 60],
  ['the pages of the owner', undefined, 60 * 60],
])('for %s it ends with its time, though its row was kept', async (_title, handle, seconds) => {
  const { passes, withCookie, wait } = startPasses()
  const request = withCookie(await passes.make(said, handle))
  wait(seconds - 1)
  expect(await passes.find(request, handle)).toEqual(said)
  wait(1)
  expect(await passes.find(request, handle)).toBeUndefined()
})

test("another browser's row opens nothing", async () => {
  const { passes, withCookie } = startPasses()
  const first = withCookie(await passes.make(said, 'handle'))
  await passes.make({ ...said, sub: 'eve' }, 'handle')
  expect(await passes.find(first, 'handle')).toBeUndefined()
})
