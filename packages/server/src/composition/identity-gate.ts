/**
 * The identity gate of a deployment, put together when it is first needed: one without a gate loads nothing of it. Pages and
 * refreshes ask through one client.
 */
import type { BeforeRefresh, EpochSeconds } from '@email-connector/oauth'
import type { GateClient } from '../gate/gate-client.ts'
import type { Log } from '../log.ts'
import type { ServerSettings } from '../settings.ts'
import type { Gate, OpenGate } from '../sign-in/gate.ts'
import type { PendingSignIns } from '../sign-in/pending-sign-in.ts'
import { callbackPath } from '../sign-in/provider-trips.ts'
import type { Stores } from '../store/stores.ts'

export interface IdentityGate {
  readonly open: OpenGate
  /** About the person of a grant, before it is refreshed. */
  readonly ask: BeforeRefresh
}

export function createIdentityGate({
  settings: { gate: settings, publicUrl },
  stores,
  pending,
  gateClient,
  log,
  now,
}: {
  readonly settings: Pick<ServerSettings, 'gate' | 'publicUrl'>
  readonly stores: Pick<Stores, 'authorization' | 'accounts' | 'once'>
  readonly pending: PendingSignIns
  readonly gateClient?: GateClient
  readonly log: Log
  readonly now: () => EpochSeconds
}): IdentityGate | undefined {
  if (settings === undefined) return undefined
  const gate = settings
  let opening: Promise<Gate> | undefined
  let client = gateClient

  async function clientOf(): Promise<GateClient> {
    const { createGateClient } = await import('../gate/gate-client.ts')
    client ??= createGateClient({ gate })
    return client
  }

  async function open(): Promise<Gate> {
    const { createGate } = await import('../sign-in/gate.ts')
    return createGate({
      ...{ gate, client: await clientOf(), pending, once: stores.once, publicUrl, log, now },
      redirectUri: `${publicUrl}${callbackPath}`,
    })
  }

  return {
    open() {
      opening ??= open()
      return opening
    },

    async ask(grant, secret) {
      const { createAskAgain } = await import('../gate/ask-again.ts')
      const askAgain = createAskAgain({
        ...{ gate, client: await clientOf(), log, now },
        ...{ store: stores.accounts, grants: stores.authorization },
      })
      return await askAgain(grant, secret)
    },
  }
}
