/**
 * What each tool costs on the wire and in the client's context: the product's tools in process, behind a real MCP
 * client, in front of real mail servers at a distance. Every scenario is called twice by a fresh grant: `cold` knows
 * nothing of the server, `warm` has in the grant's record what a sign-in leaves there, which is what one LIST teaches.
 */
import type { Connector } from '@email-connector/mail'
import { toEmailId } from '@email-connector/server/email-id'
import { loopbackConnector, openTools, toAccount } from '@email-connector/server/testing/open-tools'
import type { DelayProxy } from '@email-connector/testing'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { accessToken, type MailServers } from './mail-servers.ts'
import type { Scenario, Take } from './scenarios.ts'

export interface CallCost {
  readonly roundTrips: number
  readonly bytesDown: number
  readonly bytesUp: number
  /** Names of the commands sent, by connection; `+` joins what shares a flight. */
  readonly trace: string
  /** Text and structured content together. */
  readonly characters: number
  readonly tokens: number
  readonly ms: number
}

export interface ToolCost {
  readonly cold: CallCost
  readonly warm: CallCost
}

export async function measureTools(
  servers: MailServers,
  scenarios: readonly Scenario[],
  report: (line: string) => void = () => {},
): Promise<Record<string, ToolCost>> {
  const { dovecot, uidValidity } = servers
  const wire = tap(loopbackConnector(dovecot.ca))
  const unused = { seen: [...servers.seen], unseen: [...servers.unseen] }
  let run = 0
  const costs: Record<string, ToolCost> = {}

  for (const scenario of scenarios) {
    const { imap, smtp } = scenario.far ? servers.far : servers.near
    const account = {
      ...toAccount(dovecot.alice, { imapsPort: imap.port }, smtp.port),
      ...(scenario.byToken && { credential: { type: 'oauth', accessToken } as const }),
    }
    const tools = await openTools({ accounts: [account], connector: wire.connector })
    try {
      const { structured } = await tools.call('list_accounts')
      const accountId = String(structured.accounts[0].id)
      const take: Take = (count, which = 'seen') =>
        unused[which]
          .splice(-count)
          .reverse()
          .map((uid) => toEmailId(accountId, { mailbox: 'INBOX', uidValidity, uid }))

      const call = async (): Promise<CallCost> => {
        run += 1
        const { after } = scenario
        const before = after ? await tools.call(after.tool, after.arguments(take, run, {})) : undefined
        const args = scenario.arguments(take, run, before?.structured ?? {})
        await untilClosed([imap, smtp])
        imap.restart()
        smtp.restart()
        wire.forget()
        const startedAt = performance.now()
        const answer = await tools.call(scenario.tool, args)
        const ms = Math.round(performance.now() - startedAt)
        if (answer.isError) throw new Error(`${scenario.name}: ${answer.text}`)
        const { text } = answer
        const shown = JSON.stringify(answer.structured)
        return {
          roundTrips: imap.roundTrips(),
          bytesDown: imap.bytesDown() + smtp.bytesDown(),
          bytesUp: imap.bytesUp() + smtp.bytesUp(),
          trace: wire.trace(),
          characters: text.length + shown.length,
          tokens: countTokens(text) + countTokens(shown),
          ms,
        }
      }
      const cold = await call()
      await tools.call('list_mailboxes')
      const cost = { cold, warm: await call() }
      costs[scenario.name] = cost
      report(`${scenario.name}: ${cost.cold.roundTrips} round trips cold, ${cost.warm.roundTrips} warm`)
    } finally {
      await tools.close()
    }
  }
  return costs
}

/** The proxy learns of a closed connection one latency later. */
export async function untilClosed(proxies: readonly DelayProxy[]): Promise<void> {
  while (proxies.some((one) => one.openCount() > 0)) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Reads along above TLS, where commands are still words. IMAP stands before SMTP. */
function tap(connector: Connector): { connector: Connector; trace(): string; forget(): void } {
  const connections: { protocol: string; flights: string[][] }[] = []
  return {
    trace: () =>
      connections
        .map(({ protocol, flights }) => `${protocol}: ${flights.map(toFlightText).join(', ')}`)
        .sort()
        .join('; '),
    forget: () => void connections.splice(0),
    connector: {
      tlsOptions: (server) => connector.tlsOptions(server),
      async connect(server, options) {
        const socket = await connector.connect(server, options)
        const { protocol } = options
        const flights: string[][] = []
        connections.push({ protocol, flights })
        const write = socket.write.bind(socket)
        let seen = -1
        socket.write = ((chunk: Buffer | string, ...rest: never[]) => {
          const sent = protocol === 'imap' ? imapCommands(chunk) : smtpCommands(chunk, flights.at(-1))
          // What is sent before anything new has arrived travels in the same flight.
          if (sent.length > 0 && (socket.bytesRead > seen || flights.length === 0)) flights.push([])
          flights.at(-1)?.push(...sent)
          seen = socket.bytesRead
          return write(chunk, ...rest)
        }) as typeof socket.write
        return socket
      },
    },
  }
}

/** The same two commands for mailbox after mailbox are named once, with how often. */
function toFlightText(commands: readonly string[]): string {
  const parts: string[] = []
  for (let at = 0; at < commands.length; ) {
    const [first = '', second] = commands.slice(at, at + 2)
    let end = at
    while (first !== second && commands[end] === first && commands[end + 1] === second) end += 2
    const times = (end - at) / 2
    parts.push(times > 1 ? `${times} × (${first} + ${second})` : first)
    at = times > 1 ? end : at + 1
  }
  return parts.join(' + ')
}

function imapCommands(chunk: Buffer | string): string[] {
  const [, name] = /^[A-Z0-9]+ ((?:UID )?[A-Z]+)/.exec(Buffer.from(chunk).toString('latin1')) ?? []
  return name === undefined ? [] : [name]
}

function smtpCommands(chunk: Buffer | string, last: readonly string[] | undefined): string[] {
  if (last?.at(-1) === 'message') return []
  if (last?.at(-1) === 'DATA') return ['message']
  return [
    ...Buffer.from(chunk)
      .toString('latin1')
      .matchAll(/^(EHLO|AUTH|MAIL|RCPT|DATA|QUIT|RSET)\b/gm),
  ].map(([, name]) => name ?? '')
}
