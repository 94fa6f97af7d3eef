/**
 * What the DNS says of a domain's mail: where it is delivered to (MX), and which servers it offers its people (SRV,
 * RFC 6186 and RFC 8314 §5.1). Answers are anybody's: names and ports are checked, and what is odd is as if it were not
 * there. The signal cancels every query.
 */
import type { SrvRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { assertHost, MailError, type MailServer, type TlsMode } from '@email-connector/mail'

export interface MailDns {
  /** The most preferred first; empty where there is none, or no answer. */
  exchanges(domain: string, signal: AbortSignal): Promise<readonly string[]>
  imap(domain: string, signal: AbortSignal): Promise<MailServer | undefined>
  smtp(domain: string, signal: AbortSignal): Promise<MailServer | undefined>
}

/** The ports that may be reached at all (mail, connect/host-policy.ts). */
const services = {
  imap: [
    ['_imaps._tcp', 993, 'implicit'],
    ['_imap._tcp', 143, 'starttls'],
  ],
  smtp: [
    ['_submissions._tcp', 465, 'implicit'],
    ['_submission._tcp', 587, 'starttls'],
  ],
} as const satisfies Record<string, readonly (readonly [string, number, TlsMode])[]>

/** `servers`: `address:port` of name servers; those of the system unless a test has its own. */
export function createMailDns({ servers }: { servers?: readonly string[] } = {}): MailDns {
  async function ask<T>(signal: AbortSignal, query: (resolver: Resolver) => Promise<T[]>): Promise<T[]> {
    const resolver = new Resolver({ tries: 1 })
    if (servers !== undefined) resolver.setServers(servers)
    const cancel = () => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return signal.aborted ? [] : await query(resolver)
    } catch {
      return [] // Unknown, refused, silent or malformed: nothing was found.
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  async function find(service: keyof typeof services, domain: string, signal: AbortSignal) {
    const found = await Promise.all(
      services[service].map(async ([name, port, tls]) => {
        const records = await ask(signal, (resolver) => resolver.resolveSrv(`${name}.${domain}`))
        const host = mostPreferred(records, port)
        return host === undefined ? [] : [{ host, port, tls }]
      }),
    )
    return found.flat()[0]
  }

  return {
    async exchanges(domain, signal) {
      const records = await ask(signal, (resolver) => resolver.resolveMx(domain))
      return records.sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange)
    },
    imap: (domain, signal) => find('imap', domain, signal),
    smtp: (domain, signal) => find('smtp', domain, signal),
  }
}

/** RFC 2782: the lowest priority, then the greatest weight. A target of `.` says that there is no such service. */
function mostPreferred(records: SrvRecord[], port: number): string | undefined {
  const [first] = records
    .filter((record) => record.port === port && isHost(record.name))
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
  return first?.name.toLowerCase()
}

export function isHost(name: string): boolean {
  try {
    assertHost(name, 'host')
    return name.includes('.')
  } catch (error) {
    if (error instanceof MailError) return false
    throw error
  }
}
