/** A product behind the gateway for one test file, and the few requests its tests are made of. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll } from 'vitest'
import { type GatewayProduct, startGatewayProduct, whyNoGateway } from '../e2e/gateway-product.ts'
import { type Permission, signInFields, startTestMail, type TestMail } from '../e2e/product.ts'
import { register, signIn, type Tokens } from '../e2e/raw-client.ts'

export interface RunningGateway {
  readonly mail: TestMail<Dovecot>
  readonly product: GatewayProduct
  /** Of alice's first grant, which may send. */
  readonly clientId: string
  readonly tokens: Tokens
}

/** Undefined: everything is here. */
export const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()
export const whenPossible = (title: string) =>
  missing === undefined ? title : `${title} (not run: ${missing})`

/** Starts once for all tests of a file. */
export function useGateway(): () => RunningGateway {
  let running: RunningGateway | undefined
  beforeAll(async () => {
    const mail = await startTestMail(startDovecot)
    const product = await startGatewayProduct(mail)
    const clientId = await register(product.url)
    const tokens = await signIn(product.url, clientId, signInFields(product, mail.imap.alice))
    running = { mail, product, clientId, tokens }
  })
  afterAll(async () => {
    await running?.product.stop()
    await running?.mail.stop()
  })
  return () => {
    if (running === undefined) throw new Error('The gateway has not started')
    return running
  }
}

export async function signInAgain(running: RunningGateway, permission: Permission = 'send'): Promise<Tokens> {
  const { product, mail, clientId } = running
  return await signIn(product.url, clientId, signInFields(product, mail.imap.alice, permission))
}

/** `tools/list` of the 2026 era. Without a token there is no Authorization header. */
export function postToolsList(url: string, token?: string, headers: Record<string, string> = {}) {
  return fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/list',
      ...headers,
    },
    body: JSON.stringify(toolsListMessage),
  })
}

export const toolsListMessage = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
}
