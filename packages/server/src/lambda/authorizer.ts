/**
 * The REQUEST authorizer before `/mcp`: one strongly consistent read of the token's row, then Allow with the row for
 * the mcp function, or Deny (the gateway answers 401 with the challenge). A fault is thrown: the gateway answers 503,
 * never 401, because clients throw their token away on a 401 (R63). Its verdicts must not be cached: revocation is
 * immediate. No schema library here: it stands before the first byte of every call.
 */
import { findAccessToken } from '@email-connector/oauth'
import { nowSeconds } from '../clock.ts'
import { findOutage } from '../http/outages.ts'
import { describeBug, hashGrantId } from '../log.ts'
import { parseBearer } from '../mcp/authenticate.ts'
import { createDynamoClient, createTable } from '../store/dynamodb/table.ts'
import { createTokenTable } from '../store/dynamodb/tokens.ts'
import { toAuthorizerContext } from './authorizer-context.ts'
import { log } from './function-log.ts'
import { requestIdOf } from './gateway-event.ts'
import { requiredVariables } from './required-variables.ts'

interface AuthorizerEvent {
  readonly methodArn: string
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly requestContext?: { readonly requestId?: string }
}

const {
  AWS_REGION: region,
  TOKENS_TABLE,
  PUBLIC_URL,
} = requiredVariables('AWS_REGION', 'TOKENS_TABLE', 'PUBLIC_URL')
const store = createTokenTable(createTable(createDynamoClient({ region }), TOKENS_TABLE))
const resource = `${PUBLIC_URL}/mcp`

export async function handler(event: AuthorizerEvent) {
  const requestId = requestIdOf(event)
  const sent = parseBearer(authorizationOf(event))
  if (sent.kind !== 'token') return refuse(event, requestId)
  const found = await findAccessToken({ store, resource, now: nowSeconds }, sent.token).catch((error) =>
    fail(error, requestId),
  )
  if (found.kind !== 'live') return refuse(event, requestId)
  log({ event: 'authorize', ...named(requestId), grant: hashGrantId(found.row.grantId), outcome: 'ok' })
  return { ...verdict('Allow', event), context: toAuthorizerContext(found.row) }
}

function refuse(event: AuthorizerEvent, requestId: string | undefined) {
  log({ event: 'authorize', ...named(requestId), outcome: 'refused' })
  return verdict('Deny', event)
}

const named = (requestId: string | undefined) => (requestId === undefined ? {} : { requestId })

/** Several headers are joined, and so malformed, as they would be anywhere else. */
function authorizationOf({ multiValueHeaders }: AuthorizerEvent): string | null {
  const values = Object.entries(multiValueHeaders ?? {}).flatMap(([name, sent]) =>
    name.toLowerCase() === 'authorization' ? (sent ?? []) : [],
  )
  return values.length === 0 ? null : values.join(', ')
}

function verdict(Effect: 'Allow' | 'Deny', { methodArn }: AuthorizerEvent) {
  return {
    // A constant: the principal shows up in places that are logs.
    principalId: 'bearer',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: methodArn }],
    },
  }
}

/** The runtime prints what is thrown: our own sentence, without its cause. */
function fail(error: unknown, requestId: string | undefined): never {
  log({ ...(findOutage(error) ?? { event: 'bug', ...describeBug(error) }), ...named(requestId) })
  throw new Error('The token could not be looked up')
}
