/** The whole product as the local runner joins it, demo mailbox included, in this process and on a port. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { completeSignIn, createTempFolder } from '@email-connector/testing'
import { createProduct } from '../../src/composition/product.ts'
import type { App } from '../../src/http/frame.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { loadLocalSecrets } from '../../src/keys/instance-secrets.ts'
import { startDemoMailbox } from '../../src/local/demo/demo-mailbox.ts'
import { parseLocalSettings } from '../../src/local/settings.ts'
import { createLog } from '../../src/log.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { listen } from '../app/listening.ts'

export interface TestProduct {
  readonly url: string
  readonly app: App
  /** In process, from an address of its own. */
  fetch(path: string | URL, init?: RequestInit): Promise<Response>
  /** The fields that connect the demo mailbox. */
  readonly fields: Record<string, string>
  close(): Promise<void>
}

export async function startProduct(environment: Record<string, string> = {}): Promise<TestProduct> {
  const folder = createTempFolder('product')
  const listening = await listen()
  const { server: settings } = parseLocalSettings(
    { PORT: String(listening.port), ...environment },
    folder.path,
  )
  const now = () => Math.floor(Date.now() / 1000)
  const stores = await createLevelStores({ dir: join(folder.path, 'store'), now })
  const demo = await startDemoMailbox({ now: () => new Date() })
  // No name has an address: nothing a request says makes this process look further than the demo mailbox.
  const policy = createHostPolicy({ resolve: async () => [] })
  const app = createProduct({
    settings,
    stage: 'test',
    stores,
    keyWrapper: createFileKeyWrapper({ path: join(folder.path, 'key') }),
    secrets: await loadLocalSecrets(folder.path),
    connector: demo.withDemoMailbox(createConnector({ policy })),
    privateHosts: false,
    demo,
    log: createLog({ write: () => undefined, now: () => new Date() }),
    version: '0.0.0-test',
  })
  listening.answerWith(app)
  return {
    url: settings.publicUrl,
    app,
    fetch: (path, init) =>
      app.fetch(new Request(new URL(path, settings.publicUrl), init), { ip: '198.51.100.7' }),
    fields: {
      provider: 'demo',
      address: demo.address,
      password: demo.password,
      permission: 'send',
      ask: 'never',
    },
    async close() {
      listening.close()
      await demo.close()
      await stores.close()
      await folder.remove()
    },
  }
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly scope: string
}

const redirectUri = 'http://localhost:6274/oauth/callback'

/** A good request of a client that `connect` registered. */
export function authorizeUrl({ url }: TestProduct, clientId: string, verifier = 'v'.repeat(43)): string {
  return `${url}/oauth/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })}`
}

/** Registers, signs in with the demo mailbox and redeems. */
export async function connect(product: TestProduct): Promise<{ clientId: string; tokens: Tokens }> {
  const registered = await product.fetch('/oauth/register', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: 'A client', redirect_uris: [redirectUri] }),
  })
  const { client_id: clientId } = (await registered.json()) as { client_id: string }
  const verifier = randomBytes(32).toString('base64url')
  const outcome = await completeSignIn({
    authorizeUrl: authorizeUrl(product, clientId, verifier),
    fields: product.fields,
    fetch: (input, init) => product.fetch(String(input), init),
  })
  if (!outcome.redirected || outcome.code === null) throw new Error(`No code: ${outcome.status}`)
  const answer = await product.fetch('/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: outcome.code,
      code_verifier: verifier,
      client_id: clientId,
      redirect_uri: redirectUri,
    }),
  })
  return { clientId, tokens: (await answer.json()) as Tokens }
}
