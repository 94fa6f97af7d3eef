/**
 * A streaming function around the product's endpoint and adapter with the tests' application, run like a bundle: each
 * step of its tools waits until the test lets it go on (GET $STEPS_URL), and a client that left is reported there.
 */
import { createStreamingHandler } from '../../src/lambda/streaming-handler.ts'
import { createTestEndpoint } from '../mcp/test-application.ts'

const stepsUrl = process.env.STEPS_URL ?? ''
const { endpoint, application } = createTestEndpoint({ holdMs: 60_000 })
Object.defineProperty(application, 'gate', { get: () => fetch(`${stepsUrl}/step`) })

export const handler = createStreamingHandler('http://localhost', ({ request }) => {
  request.signal.addEventListener(
    'abort',
    () => void fetch(`${stepsUrl}/left?${request.headers.get('x-call')}`),
  )
  return endpoint.handle(request, {
    grantId: 'grant',
    clientId: 'client',
    scopes: ['email:read'],
    permission: 'read',
    resource: 'http://localhost/mcp',
    expiresAt: 4_000_000_000,
    secret: new Uint8Array(32),
  })
})
