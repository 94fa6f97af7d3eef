/**
 * The identity gate of a stage: its settings are the function's, its client's secret lies beside those of the providers. A
 * secret that makes no sense, or has none for it, rings the alarm of bugs and lets nobody in: the gate stays where it is.
 * Asked as a provider is: https on port 443, at public addresses.
 */
import { createHostPolicy } from '@email-connector/mail'
import { createGateClient, type GateClient } from '../gate/gate-client.ts'
import type { GateSettings } from '../gate-settings.ts'
import { describeBug, type Log } from '../log.ts'
import { createProviderFetch } from '../provider-tokens/provider-fetch.ts'
import { parseGateSecret } from './provider-secret.ts'
import { readSecretTexts } from './secrets-manager.ts'

/** Throws StoreUnavailableError. */
export async function openGateClient(options: {
  readonly gate: GateSettings
  readonly region: string
  readonly providersSecret?: string
  readonly log: Log
}): Promise<GateClient> {
  const { gate, region, providersSecret, log } = options
  const [text = '{}'] = providersSecret === undefined ? [] : await readSecretTexts(region, [providersSecret])
  const clientSecret = readSecret(text, log)
  return createGateClient({
    gate: { ...gate, ...(clientSecret !== undefined && { clientSecret }) },
    fetch: createProviderFetch(createHostPolicy()),
  })
}

function readSecret(text: string, log: Log): string | undefined {
  try {
    const secret = parseGateSecret(text)
    if (secret === undefined) log({ event: 'bug', outcome: 'failed', code: 'misconfigured' })
    return secret
  } catch (cause) {
    log({ event: 'bug', outcome: 'failed', code: 'misconfigured', ...describeBug(cause) })
    return undefined
  }
}
