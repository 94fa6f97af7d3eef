/**
 * Asks the organisation's login about the person of a grant again, when its client refreshes (R96). One caller at a time
 * asks, under a lease on the word that it read; the others read again until there is a newer word. What it said a moment
 * ago counts, so that requests at once, and one that was repeated, cost one question. A lease is no longer than a call: a
 * process that died with it is taken over, and if the provider has then ended the old refresh token, the person signs in
 * again. A provider that does not answer ends nothing.
 */
import { randomBytes } from 'node:crypto'
import {
  type AuthorizationStore,
  type BeforeRefresh,
  type EpochSeconds,
  type Grant,
  StoreUnavailableError,
} from '@email-connector/oauth'
import type { GateSettings } from '../gate-settings.ts'
import { hashGrantId, type Log } from '../log.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { GateStore } from '../store/gate-store.ts'
import type { GateClient } from './gate-client.ts'
import { judge } from './gate-rules.ts'
import { type GateWord, isSamePerson, openGateWord, sealGateWord, stillCounts } from './gate-word.ts'

/** As long as an answer of the token endpoint is repeated. */
const freshSeconds = 60
/** Longer than a function of AWS lives with one request. */
const leaseSeconds = 30
const pollMs = 300
/** The gateway gives up at 29 s. */
const longestWaitMs = 12_000
/** The answer of the provider is lost with the last of them. */
const writeAttempts = 5

export function createAskAgain(options: {
  readonly gate: GateSettings
  readonly client: GateClient
  readonly store: GateStore
  readonly grants: Pick<AuthorizationStore, 'getGrant'>
  readonly log: Log
  readonly now: () => EpochSeconds
  readonly sleep?: (ms: number) => Promise<void>
}): BeforeRefresh {
  const { gate, client, store, log, now, sleep = pause } = options

  return async ({ grantId, sealedGate: asRead }, secret) => {
    let sealedGate = asRead
    for (let waitedMs = 0; waitedMs <= longestWaitMs; waitedMs += pollMs) {
      const word = openGateWord(secret, { grantId, ...(sealedGate !== undefined && { sealedGate }) })
      // Made before there was a gate, or changed in the store: nobody is known to have been let in.
      if (word === undefined || sealedGate === undefined || !stillCounts(word, gate)) return 'refused'
      // Its grant ends when the login no longer counts.
      if (word.refreshToken === undefined) return undefined
      if (now() - word.saidAt <= freshSeconds) return undefined
      const holder = randomBytes(12).toString('base64url')
      const lease = { grantId, wordAsRead: sealedGate, holder, now: now(), until: now() + leaseSeconds }
      if ((await store.takeGateLease(lease)) === 'taken') {
        const outcome = await ask({ ...word, refreshToken: word.refreshToken }, { grantId, secret, holder })
        if (outcome !== 'lost') return outcome
      } else {
        await sleep(pollMs)
      }
      const grant: Grant | undefined = await options.grants.getGrant(grantId)
      if (grant?.state !== 'live') return 'refused'
      sealedGate = grant.sealedGate
    }
    return 'unavailable'
  }

  /** `lost`: another has taken the lease over meanwhile. */
  async function ask(
    word: GateWord & { readonly refreshToken: string },
    { grantId, secret, holder }: { grantId: string; secret: Uint8Array; holder: string },
  ): Promise<'refused' | 'unavailable' | 'lost' | undefined> {
    try {
      const { claims, ...person } = await client.refresh(word.refreshToken)
      const { by } = judge(claims, gate.allow)
      if (by === undefined || !isSamePerson(word, person)) return refuse(grantId, 'not_allowed')
      const sealedGate = sealGateWord(secret, grantId, { ...word, ...person, by, saidAt: now() })
      const written = await persist(() => store.endGateLease({ grantId, holder, sealedGate }))
      return written === 'ended' ? undefined : 'lost'
    } catch (error) {
      if (!(error instanceof ProviderRefusedError)) throw error
      const { refusal } = error
      if (refusal !== 'unavailable' && refusal !== 'unanswered' && refusal !== 'misconfigured')
        return refuse(grantId, refusal)
      log({ event: 'token', outcome: 'unavailable', code: refusal, grant: hashGrantId(grantId) })
      await persist(() => store.endGateLease({ grantId, holder }))
      return 'unavailable'
    }
  }

  function refuse(grantId: string, code: 'not_allowed' | ProviderRefusedError['refusal']): 'refused' {
    log({ event: 'token', outcome: 'refused', code, grant: hashGrantId(grantId) })
    return 'refused'
  }

  /** Throws StoreUnavailableError. */
  async function persist<T>(write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write()
      } catch (error) {
        if (!(error instanceof StoreUnavailableError) || attempt >= writeAttempts) throw error
        await sleep(pollMs * attempt)
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
