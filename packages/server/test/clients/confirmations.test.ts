/**
 * How clients answer when they are asked whether an email may go out: with a yes, a no, or, where nobody is there to
 * ask, with a no or a cancel of their own. A model must not be told of a no that nobody said.
 */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { type CallToolResult, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, startProduct, type TestProduct } from '../oauth/product.ts'
import { createClient, openSession } from './replay.ts'
import {
  bothCopies,
  type ReadResult,
  structuredButErrors,
  structuredInstead,
  structuredOf,
} from './results.ts'

type Answer =
  | { readonly action: 'accept'; readonly content?: Record<string, never> }
  | { readonly action: 'decline' | 'cancel' }

interface AskedClient {
  readonly name: string
  readonly era: '2025' | '2026'
  readonly answer: Answer
  readonly read: ReadResult
}

const accepted = { action: 'accept', content: {} } as const
const asked: readonly AskedClient[] = [
  { name: 'Claude Code with a person', era: '2025', answer: accepted, read: structuredButErrors },
  { name: 'Claude Code with a person', era: '2026', answer: accepted, read: structuredButErrors },
  { name: 'claude -p', era: '2025', answer: { action: 'cancel' }, read: structuredButErrors },
  { name: 'claude -p', era: '2026', answer: { action: 'cancel' }, read: structuredButErrors },
  { name: 'Codex with a person', era: '2025', answer: { action: 'accept' }, read: structuredInstead },
  { name: 'codex exec', era: '2025', answer: { action: 'decline' }, read: structuredInstead },
  { name: 'copilot -p', era: '2025', answer: { action: 'decline' }, read: bothCopies },
]

let product: TestProduct
beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product.close())

describe.each(asked)('$name ($era era)', ({ era, answer, read }) => {
  const { action } = answer

  test(`R52: is asked, answers ${action}, and its model is told what happened`, async () => {
    const subject = `Asked ${Math.random()}`
    const { questions, result, inbox } = await send(era, answer, subject)
    expect(questions).toHaveLength(1)
    expect(questions[0]).toContain(subject)
    expect(inbox.includes(subject)).toBe(action === 'accept')
    const { text } = read(result)
    if (action === 'accept') return expect(result.isError).not.toBe(true)
    const saysNo = /\bsaid no\b|\bdeclined\b|\brefused\b/i
    if (action === 'decline') expect(text).toMatch(saysNo)
    else expect(text).not.toMatch(saysNo)
    // After a cancel the owner may still want it: the model learns how it is kept for them.
    expect(text).toMatch(action === 'decline' ? /not sent/ : /draft_email|held/)
  })
})

/** One email to the demo mailbox itself, and what its INBOX holds afterwards. */
async function send(era: AskedClient['era'], answer: Answer, subject: string) {
  const { tokens } = await connect({ ...product, fields: { ...product.fields, ask: 'ask' } })
  const questions: string[] = []
  const reply = async ({ params }: { params: { message: string } }) => {
    questions.push(params.message)
    return answer
  }
  const fields = { to: [product.fields.address], subject, body: 'Shall this go out?' }
  const result = era === '2025' ? await sendLegacy() : await sendModern()
  const later = await openSession(product.url, tokens.access_token)
  const recent = await later.call('get_recent_emails', { limit: 5 })
  await later.close()
  const { emails } = structuredOf<{ emails: { subject: string }[] }>(recent)
  return { questions, result, inbox: emails.map((email) => email.subject) }

  async function sendLegacy(): Promise<CallToolResult> {
    const client = createClient({ elicitation: {} })
    client.setRequestHandler(ElicitRequestSchema, reply)
    const session = await openSession(product.url, tokens.access_token, { client })
    const sent = await session.call('send_email', fields)
    await session.close()
    return sent
  }

  async function sendModern(): Promise<CallToolResult> {
    const client = new ModernClient(
      { name: 'replayed', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: {} } },
    )
    client.setRequestHandler('elicitation/create', reply)
    const requestInit = { headers: { Authorization: `Bearer ${tokens.access_token}` } }
    await client.connect(new ModernTransport(new URL(`${product.url}/mcp`), { requestInit }))
    await client.listTools()
    const sent = await client.callTool({ name: 'send_email', arguments: fields })
    await client.close()
    return sent as CallToolResult
  }
}
