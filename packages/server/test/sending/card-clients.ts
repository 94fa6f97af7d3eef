/** Clients of both eras that can be asked, show review cards, both or neither, and a mailbox whose mail is counted. */
import {
  createCertificateAuthority,
  type Dovecot,
  type SmtpSink,
  startDovecot,
  startSmtpSink,
  testHosts,
} from '@email-connector/testing'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { serveEndpoints } from '../mcp/serve-endpoint.ts'
import { loopbackConnector, type OpenTools, openTools, toAccount } from '../tools/open-tools.ts'

export type Era = '2025' | '2026'
export type Action = 'accept' | 'decline' | 'cancel'

const cardExtension = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }

export interface Capabilities {
  /** What the person says; `never`: nothing, ever. */
  readonly asks?: Action | 'never'
  readonly cards?: boolean
}

/** What came over the wire; each test knows its own shape. */
export interface Answer {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire; each test knows its own shape
  readonly structuredContent: Record<string, any>
  readonly _meta?: Record<string, Review | undefined>
}

export interface Review {
  readonly state: string
  readonly expiresAt: number
  readonly people: readonly {
    readonly name: string
    readonly values: readonly { readonly text: string; readonly marks: readonly string[] }[]
  }[]
  readonly redirects: readonly string[]
  readonly note?: string
  readonly subject: string
  readonly files: readonly string[]
  readonly text: string
}

export const reviewOf = ({ _meta }: Answer): Review | undefined => _meta?.['email-connector/review']
export const stateOf = (answer: Answer): string => reviewOf(answer)?.state ?? 'none'

export interface CardClient {
  /** The first question has come. */
  readonly asked: Promise<void>
  readonly client: Client | ModernClient
  call(name: string, args: Record<string, unknown>): Promise<Answer>
}

export interface OpenCards extends OpenTools {
  connect(era: Era, capabilities: Capabilities): Promise<CardClient>
}

export interface Mailboxes {
  readonly dovecot: Dovecot
  readonly sink: SmtpSink
  open(options?: Partial<Parameters<typeof openTools>[0]>): Promise<OpenCards>
  /** Whose subject it is. */
  drafts(subject: string): ReturnType<ReturnType<Dovecot['reader']>['messages']>
  sentTo(subject: string): readonly { readonly to: readonly string[]; readonly raw: Buffer }[]
  close(): Promise<void>
}

/** `extensions`: of the submission server. */
export async function startMailboxes(extensions: readonly string[] = []): Promise<Mailboxes> {
  const authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: testHosts })
  const [sink, dovecot] = await Promise.all([
    startSmtpSink({ tls: 'implicit', certificate, extensions }),
    startDovecot(),
  ])
  const closing: (() => Promise<unknown>)[] = []
  const withSubject = (subject: string) => new RegExp(`^Subject: ${subject.replace(/[()]/g, '.')}\r$`, 'm')

  return {
    dovecot,
    sink,
    async open(options = {}) {
      const tools = await openTools({
        accounts: [toAccount(dovecot.alice, dovecot, sink.port)],
        connector: loopbackConnector([authority.ca, dovecot.ca]),
        grantSettings: { ask: 'ask' },
        ...options,
      })
      const endpoint = createMcpEndpoint({
        application: tools.application,
        sessions: tools.sessions,
        hint: createHintCipher,
        challenge: () => 'Bearer',
        now: options.now ?? (() => Math.floor(Date.now() / 1000)),
        pollMs: 5,
      })
      // Two endpoints in turn: what one sealed, the other must open.
      const server = await serveEndpoints([endpoint, endpoint], () => tools.caller)
      closing.push(tools.close, server.close)
      return {
        ...tools,
        async connect(era, capabilities) {
          let onAsked = () => {}
          const asked = new Promise<void>((resolve) => {
            onAsked = resolve
          })
          const connect = era === '2025' ? connectLegacy : connectModern
          const client = await connect(server.url, capabilities, onAsked)
          closing.push(() => client.close())
          const call = async (name: string, args: Record<string, unknown>) =>
            (await client.callTool({ name, arguments: args })) as unknown as Answer
          return { client, call, asked }
        },
      }
    },
    async drafts(subject) {
      const all = await dovecot.reader(dovecot.alice).messages('Drafts')
      return all.filter((one) => one.subject === subject)
    },
    sentTo: (subject) => sink.messages.filter(({ raw }) => withSubject(subject).test(raw.toString())),
    async close() {
      for (const close of closing.reverse()) await close()
      await Promise.all([sink.stop(), dovecot.stop(), authority.remove()])
    },
  }
}

const declared = ({ asks, cards }: Capabilities) => ({
  ...(asks !== undefined && { elicitation: {} }),
  ...(cards && { extensions: cardExtension }),
})

const answering = (asks: Capabilities['asks'], onAsked: () => void) => async () => {
  onAsked()
  if (asks === 'never') await new Promise(() => {})
  return { action: asks as Action, content: {} }
}

async function connectLegacy(url: URL, capabilities: Capabilities, onAsked: () => void) {
  const client = new Client({ name: 'first', version: '1' }, { capabilities: declared(capabilities) })
  if (capabilities.asks !== undefined)
    client.setRequestHandler(ElicitRequestSchema, answering(capabilities.asks, onAsked))
  await client.connect(new StreamableHTTPClientTransport(url) as Parameters<Client['connect']>[0])
  return client
}

async function connectModern(url: URL, capabilities: Capabilities, onAsked: () => void) {
  const client = new ModernClient(
    { name: 'second', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: declared(capabilities) },
  )
  if (capabilities.asks !== undefined)
    client.setRequestHandler('elicitation/create', answering(capabilities.asks, onAsked))
  await client.connect(new ModernTransport(url))
  return client
}
