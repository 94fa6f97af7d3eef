/**
 * The conformance fixtures as a streaming function: the product's endpoint, adapter and DynamoDB sessions. Only the
 * bearer check is replaced, since the suite can send no token.
 */
import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createStreamingHandler } from '../../src/lambda/streaming-handler.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { conformanceApplication } from '../mcp/conformance-fixtures.ts'
import { createCaller } from '../mcp/serve-endpoint.ts'

const { PUBLIC_URL: publicUrl = '', STAGE: stage = '' } = process.env
const named = (suffix: string) => `${stage}-${suffix}`
const { sessions } = createDynamoStores({
  region: 'eu-central-1',
  tables: {
    grants: named('grants'),
    tokens: named('tokens'),
    sessions: named('sessions'),
    once: named('once'),
  },
})
const endpoint = createMcpEndpoint({
  application: conformanceApplication,
  sessions,
  hint: createHintCipher,
  challenge: () => 'Bearer',
  now: () => Math.floor(Date.now() / 1000),
  pollMs: 10,
  holdMs: 2000,
})

export const handler = createStreamingHandler(publicUrl, async ({ request }) => {
  const refused =
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
    originValidationResponse(request, localhostAllowedOrigins())
  return refused ?? (await endpoint.handle(request, createCaller()))
})
