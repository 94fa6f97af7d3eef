/** What a refresh decides before its commit, for grants of several mailboxes and for stores that have a fault. */
import { randomBytes } from 'node:crypto'
import { StoreUnavailableError } from '@email-connector/oauth'
import { expect, test } from 'vitest'
import { type AccountHint, sealGrantHint } from '../../src/accounts/grant-hint.ts'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { KeyRefusedError } from '../../src/keys/key-wrapper.ts'
import type { LogLine } from '../../src/log.ts'
import { createBeforeRefresh } from '../../src/sign-in/before-refresh.ts'
import { createEndConnections } from '../../src/sign-in/offboarding.ts'
import { buildGrant, now } from '../store/builders.ts'

const secret = new Uint8Array(randomBytes(32))
const hintOf = (address: string): AccountHint => ({
  ...{ accountId: address, address, provider: 'generic' },
  imap: { host: 'mail.test.example', port: 993, tls: 'implicit' },
})

/** `fault`: of every row that the owner's room is made of. */
async function refresh(addresses: readonly string[], denied: readonly string[], fault: Error) {
  const grant = buildGrant()
  const sealedHint = sealGrantHint(secret, grant.grantId, addresses.map(hintOf))
  const logged: LogLine[] = []
  const broken = new Proxy({} as Parameters<typeof createBeforeRefresh>[0]['store'], {
    get: () => async () => {
      throw fault
    },
  })
  const ask = createBeforeRefresh({
    ...{ store: broken, now: () => now, secrets: parseInstanceSecrets(createInstanceSecrets()) },
    admission: { allowedAccounts: [], deniedAccounts: denied },
    log: (line) => void logged.push(line),
  })
  const outcome = await ask({ ...grant, sealedHint }, secret).catch((error: unknown) => error)
  return { outcome, logged: logged.map(({ event }) => event) }
}

const changed = new KeyRefusedError('changed')

test('R96: a grant of several mailboxes ends when none of them may connect any more, not with the first', async () => {
  const both = ['ann@test.example', 'bob@test.example']
  expect((await refresh(both, ['ann@test.example'], changed)).outcome).toBeUndefined()
  expect(await refresh(both, both, changed)).toEqual({ outcome: 'refused', logged: [] })
})

test('R63: a store that is down is told as down; rows that were changed are reported and end no connection', async () => {
  const down = new StoreUnavailableError('down')
  expect(await refresh(['ann@test.example'], [], down)).toEqual({ outcome: down, logged: [] })
  const reported = { outcome: undefined, logged: ['key_refused'] }
  expect(await refresh(['ann@test.example'], [], changed)).toEqual(reported)
})

test('R96: ending the connections of a mailbox stops before its time is up, and says how many are left', async () => {
  let ms = 0
  const endConnections = createEndConnections({
    owned: { list: async () => Array.from({ length: 10 }, () => buildGrant()) as never },
    oauth: {
      async revokeGrant() {
        ms += 4_000
      },
    } as never,
    clock: { now: () => ms },
    log: () => undefined,
  })
  const owner = { imapHost: 'mail.test.example', login: 'ann@test.example' }
  expect(await endConnections(owner)).toEqual({ ended: 4, left: 6 })
  expect(await endConnections(owner, { dryRun: true })).toEqual({ ended: 0, left: 10 })
})
