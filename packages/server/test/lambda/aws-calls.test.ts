/**
 * R27: how often each request asks DynamoDB and KMS, counted on the wire behind the deployed bundles, against the table of
 * docs/storage-schema.md. More calls are more latency, more cost and more ways to fail.
 */
import { completeSignIn } from '@email-connector/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { connectClient } from '../e2e/clients.ts'
import { signInFields } from '../e2e/product.ts'
import {
  callback,
  createAuthorizationRequest,
  postToolCall,
  refresh,
  requestTokens,
} from '../e2e/raw-client.ts'
import { missing, postToolsList, signInAgain, useGateway, whenPossible } from './gateway.ts'

/** `GetItem access#` and the like. */
interface Calls {
  readonly authorizer: string[]
  readonly oauth: string[]
  readonly mcp: string[]
  readonly kms: string[]
}

/** A mail server that took longer after a login is asked once more, and the call may note that it loses commands. */
const patienceMs = 1_500

const reads = (calls: string[]) => calls.filter((call) => /^(GetItem|Query) /.test(call)).length
const writes = (calls: string[]) => calls.length - reads(calls)

describe.skipIf(missing !== undefined)(whenPossible('R27: AWS calls per request'), () => {
  const running = useGateway()
  // Where an email is fetched, a slow answer is told from a lost one, which the call would write into the grant.
  beforeAll(async () => {
    const { imap } = running().mail
    await imap.appendRaw(imap.alice, 'INBOX', 'Subject: Here\r\n\r\nWords\r\n')
  })

  let lastMs = 0

  async function count(request: () => Promise<unknown>): Promise<Calls> {
    const { dynamoDb, kms } = running().product
    for (const log of [...Object.values(dynamoDb), kms]) log.forgetCalls()
    const begun = performance.now()
    await request()
    lastMs = performance.now() - begun
    const of = (name: keyof typeof dynamoDb) =>
      dynamoDb[name].calls.map((one) => `${one.operation} ${one.row}`)
    return {
      authorizer: of('authorizer'),
      oauth: of('oauth'),
      mcp: of('mcp'),
      kms: kms.calls.map(({ operation }) => operation),
    }
  }

  /** Of the request that was counted last, in any order. */
  function expectToolCall(calls: readonly string[], expected: readonly string[]): void {
    const learned = [...expected, 'UpdateItem grant#'].sort()
    expect(lastMs > patienceMs ? [expected, learned] : [expected]).toContainEqual([...calls].sort())
  }

  test('tools/list, 2026 era: one read by the authorizer, nothing else', async () => {
    const { product, tokens } = running()
    const calls = await count(() => postToolsList(product.url, tokens.access_token))
    expect(calls).toEqual({ authorizer: ['GetItem access#'], oauth: [], mcp: [], kms: [] })
  })

  test('a tool call, 2026 era: one query, one limit counter, one audit row; one Decrypt, none while the data key is kept', async () => {
    const { product } = running()
    const { access_token } = await signInAgain(running())
    const call = () =>
      postToolCall(product.url, access_token, 'get_recent_emails').then((answer) => answer.text())
    const first = await count(call)
    expect(first.authorizer).toEqual(['GetItem access#'])
    expect(first.oauth).toEqual([])
    expect(first.kms).toEqual(['Decrypt'])
    // The first call of an hour also notes that the grant is in use.
    const everyCall = ['PutItem audit#', 'Query grant#', 'UpdateItem count#']
    expectToolCall(first.mcp, [...everyCall, 'UpdateItem grant#'])
    const second = await count(call)
    expectToolCall(second.mcp, everyCall)
    expect(second.kms).toEqual([])
  })

  test('a tool call, 2025 era: one read of the session more', async () => {
    const { product, mail } = running()
    const client = await connectClient(signInFields(product, mail.imap.alice), {
      url: product.url,
      era: 'sdk 1, 2025 era',
    })
    await client.call('get_recent_emails')
    const calls = await count(() => client.call('get_recent_emails'))
    // The stream this client holds open looks into its queue meanwhile.
    const own = calls.mcp.filter((call) => call !== 'UpdateItem session#')
    expectToolCall(own, ['GetItem session#', 'PutItem audit#', 'Query grant#', 'UpdateItem count#'])
    expect(calls.kms).toEqual([])
    await client.close()
  })

  test('a send: three writes of its state, two of its audit and one of the hour’s count more', async () => {
    const { product, tokens } = running()
    const calls = await count(async () => {
      const answer = await postToolCall(product.url, tokens.access_token, 'send_email', {
        to: ['bob@test.example'],
        subject: 'Counted',
        body: 'Once.',
      })
      expect(await answer.text()).toContain('"state":"sent"')
    })
    const state = calls.mcp.filter((call) => call.endsWith(' send#'))
    expect(state).toHaveLength(3)
    expect(reads(state)).toBe(0)
    expect(calls.mcp.filter((call) => call.endsWith(' audit#'))).toEqual([
      ...['PutItem audit#', 'UpdateItem audit#'],
    ])
    expect(calls.mcp.filter((call) => call === 'UpdateItem count#')).toHaveLength(2)
    expect(calls.mcp).toHaveLength(8 + calls.mcp.filter((call) => call === 'UpdateItem grant#').length)
  })

  test('a send with an idempotency_key: two writes more, before and after; a repeat of it one in all', async () => {
    const { product, tokens } = running()
    const keyed = { to: ['bob@test.example'], subject: 'Keyed', body: 'Once.', idempotency_key: 'counted' }
    const send = async () => {
      const answer = await postToolCall(product.url, tokens.access_token, 'send_email', keyed)
      expect(await answer.text()).toContain('"state":"sent"')
    }
    const ofSends = ({ mcp }: Calls) => mcp.filter((call) => call.endsWith(' send#')).sort()
    const put = 'PutItem send#'
    const update = 'UpdateItem send#'
    expect(ofSends(await count(send))).toEqual([put, put, update, update, update])
    expect(ofSends(await count(send))).toEqual([put])
  })

  test('a sign-in: one GenerateDataKey for its mailbox; the code: one read and five writes, no KMS', async () => {
    const { product, mail, clientId } = running()
    const { url, verifier } = createAuthorizationRequest(product.url, clientId)
    const steps: Calls[] = []
    const outcome = await completeSignIn({
      authorizeUrl: url,
      fields: signInFields(product, mail.imap.alice),
      fetch: async (input, init) => {
        let answer: Response | undefined
        steps.push(
          await count(async () => {
            answer = await fetch(input, init)
          }),
        )
        return answer ?? Response.error()
      },
    })
    if (!outcome.redirected || outcome.code === null) throw new Error('The sign-in was refused')
    const { code } = outcome
    const [page, form] = steps
    expect(page).toEqual({ authorizer: [], oauth: ['PutItem txn#'], mcp: [], kms: [] })
    expect(form?.kms).toEqual(['GenerateDataKey'])
    const limits = form?.oauth.filter((call) => / (count|used)#$/.test(call)) ?? []
    const own = form?.oauth.filter((call) => !limits.includes(call)) ?? []
    expect(own.sort()).toEqual([
      'GetItem txn#',
      'PutItem code#',
      // The record, the settings of the mailbox and those of the grant, the grant itself.
      ...Array(4).fill('PutItem grant#'),
      'PutItem leash#',
      'PutItem owner#',
      'UpdateItem txn#',
      'UpdateItem txn#',
    ])
    // R42: the network's and the mailbox's budgets are taken from before the login, and given back after it.
    expect(limits).toEqual(Array(4).fill('UpdateItem count#'))
    const token = await count(() =>
      requestTokens(product.url, {
        grant_type: 'authorization_code',
        code,
        client_id: clientId,
        redirect_uri: callback,
        code_verifier: verifier,
      }),
    )
    expect(reads(token.oauth)).toBeLessThanOrEqual(1)
    expect(writes(token.oauth)).toBeLessThanOrEqual(5)
    expect(token.kms).toEqual([])
  })

  test('a refresh: at most two reads and five writes, no KMS', async () => {
    const { product, clientId } = running()
    const tokens = await signInAgain(running())
    const calls = await count(() => refresh(product.url, clientId, tokens.refresh_token))
    expect(reads(calls.oauth)).toBeLessThanOrEqual(2)
    expect(writes(calls.oauth)).toBeLessThanOrEqual(5)
    expect(calls.kms).toEqual([])
  })

  test('a revocation: the grant’s tokens and eight, no KMS', async () => {
    const { product, clientId } = running()
    const tokens = await signInAgain(running())
    const calls = await count(() =>
      fetch(`${product.url}/oauth/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token: tokens.refresh_token, client_id: clientId }),
      }),
    )
    expect(calls.oauth).toEqual([
      'GetItem refresh#',
      'UpdateItem grant#',
      'DeleteItem leash#',
      // The refresh token goes last: a retry after a crash finds the grant by it.
      ...['DeleteItem access#', 'DeleteItem code#'],
      ...Array(3).fill('DeleteItem grant#'),
      ...['UpdateItem owner#', 'DeleteItem grant#'],
      'DeleteItem refresh#',
    ])
    expect(calls.kms).toEqual([])
  })
})
