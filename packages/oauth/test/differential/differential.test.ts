/**
 * Our authorization server beside `oidc-provider`, with the same malformed requests: wherever the yardstick refuses,
 * ours does, and where it keeps an error off the redirect, so does ours. Each exception says why. The table is printed.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openOurs } from './ours.ts'
import { authorizeRequests, redemption, refreshFields, type TokenRequest, tokenRequests } from './requests.ts'
import { confidentialId, outcomes, publicId, type Side, secret, type Verdict } from './side.ts'
import { openTheirs } from './theirs.ts'

/** Where ours is less strict, by name. */
const exceptions: Record<string, string> = {
  'token: refresh_token a second time, at once':
    'R14: within 60 s the same answer again, since answers get lost; later use ends the grant',
}

let theirs: Awaited<ReturnType<typeof openTheirs>>
const table: string[] = []

beforeAll(async () => {
  theirs = await openTheirs()
})
afterAll(() => {
  theirs.close()
  process.stdout.write(`\n${toLine('request', 'ours', 'oidc-provider')}\n${table.join('\n')}\n`)
})
afterEach(() => {
  vi.useRealTimers()
})

function toLine(name: string, ours: string, other: string): string {
  return `${name.padEnd(56)}${ours.padEnd(50)}${other}`
}

function compare(name: string, ours: Verdict, other: Verdict): void {
  const words = ({ outcome, detail }: Verdict) => `${outcome} (${detail})`
  table.push(toLine(name, words(ours), words(other)) + (exceptions[name] ? `  ${exceptions[name]}` : ''))
  const isAsStrict = outcomes.indexOf(ours.outcome) >= outcomes.indexOf(other.outcome)
  // An exception that is none any more must go.
  expect(isAsStrict, `${words(ours)} against ${words(other)}`).toBe(exceptions[name] === undefined)
  if (name.startsWith('a good ')) expect([ours.outcome, other.outcome]).toEqual(['accepted', 'accepted'])
}

describe('The authorization endpoint is as strict as oidc-provider', () => {
  test.each(Object.entries(authorizeRequests))('%s', async (name, request) => {
    compare(`authorize: ${name}`, await openOurs().authorize(request), await theirs.authorize(request))
  })
})

describe('The token endpoint is as strict as oidc-provider', () => {
  test.each(Object.entries(tokenRequests))('%s', async (name, request) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    compare(`token: ${name}`, await send(openOurs(), request), await send(theirs, request))
  })
})

/** What a side answers, after a fresh code was brought to where the request starts. */
async function send(side: Side, { clientId = publicId, refreshes, waitSeconds = 0, build }: TokenRequest) {
  const fresh = await side.issueCode(clientId)
  const issued = { refreshToken: '', accessToken: '' }
  if (refreshes !== undefined) {
    Object.assign(issued, await exchange(side, redemption(fresh)))
    for (let done = 0; done < refreshes; done += 1) await exchange(side, refreshFields(issued.refreshToken))
  }
  side.letSecondsPass(waitSeconds)
  return side.token(build({ ...fresh, ...issued }))
}

async function exchange(side: Side, fields: Record<string, string>) {
  const { answer, detail } = await side.token({
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      ...fields,
      ...(fields.client_id === confidentialId && { client_secret: secret }),
    }).toString(),
  })
  if (typeof answer.refresh_token !== 'string') throw new Error(detail)
  return { refreshToken: answer.refresh_token, accessToken: String(answer.access_token) }
}
