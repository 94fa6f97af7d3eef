/**
 * A stage with a domain and `streaming: false`, for regions that cannot stream: the authorizer and the real challenge are
 * there, every tool works in both eras, and nobody is held who can be given nothing.
 */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { signInFields, type TestMail, useProduct } from './product.ts'
import { postToolCall, register, signIn } from './raw-client.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()
const start = (mail: TestMail) => startGatewayProduct(mail, { streaming: false })

describe.skipIf(missing !== undefined)(
  `a stage with a domain that does not stream${missing ? ` (not run: ${missing})` : ''}`,
  () => {
    const running = useProduct(start, startDovecot)

    test('R70: a client that could be asked gets no stream: nothing could reach it before its end', async () => {
      const { product, mail } = running()
      const clientId = await register(product.url)
      const { access_token } = await signIn(product.url, clientId, signInFields(product, mail.imap.alice))
      const headers = {
        Authorization: `Bearer ${access_token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      }
      const initialized = await fetch(`${product.url}/mcp`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: {
            protocolVersion: '2025-11-25',
            capabilities: { elicitation: {} },
            clientInfo: { name: 'raw', version: '1' },
          },
        }),
      })
      expect(initialized.status).toBe(200)
      const session = { ...headers, 'Mcp-Session-Id': initialized.headers.get('mcp-session-id') ?? '' }
      const stream = await fetch(`${product.url}/mcp`, { headers: session })
      expect([stream.status, stream.headers.get('allow')]).toEqual([405, 'POST, DELETE'])
    })

    test('R70: a call is answered in one piece', async () => {
      const { product, mail } = running()
      const clientId = await register(product.url)
      const { access_token } = await signIn(product.url, clientId, signInFields(product, mail.imap.alice))
      const answer = await postToolCall(product.url, access_token, 'list_accounts')
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain(mail.imap.alice.address)
    })

    describeWholeProduct('a buffered REST API', running)
  },
)
