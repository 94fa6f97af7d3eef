/**
 * Where the mailbox of an address is, asked of its domain, for a person who does not know: a provider, by where the mail is
 * delivered to, or servers, by SRV records or the domain's own autoconfig file. All of it is a suggestion that the person
 * looks at before a password goes anywhere (RFC 6186 §6). It has two seconds in all, few go on at once, and whatever goes
 * wrong means that nothing was found.
 */
import { domainToASCII } from 'node:url'
import type { ProviderId } from '@email-connector/mail'
import type { GetPublicDocument } from '../http/public-document.ts'
import { type FoundServers, fetchAutoconfig } from './autoconfig.ts'
import { isHost, type MailDns } from './dns-records.ts'
import { hostedAt, providerOfImapHost } from './hosted-at.ts'

export type Found =
  | { readonly provider: ProviderId }
  | { readonly provider?: never; readonly servers: FoundServers }

/** Undefined: nothing that helps. Never throws for what a domain does. */
export type FindServers = (address: string) => Promise<Found | undefined>

/** A person waits for the page. */
const lookupMs = 2_000
/** Anyone may send the form, with a domain whose servers are slow. */
const maxLookups = 10

export function createFindServers(options: {
  readonly dns: MailDns
  readonly getDocument: GetPublicDocument
  readonly deadlineMs?: number
}): FindServers {
  const { dns, getDocument, deadlineMs = lookupMs } = options
  let lookups = 0

  async function ask(domain: string, signal: AbortSignal): Promise<Found | undefined> {
    // All leave at once; which of them counts is the order below.
    const [exchanges, imap, smtp, autoconfig] = [
      dns.exchanges(domain, signal),
      dns.imap(domain, signal),
      dns.smtp(domain, signal),
      fetchAutoconfig(domain, { getDocument, signal }),
    ]
    const provider = hostedAt(await exchanges)
    if (provider !== undefined) return { provider }
    const records = toServers({ imap: await imap, smtp: await smtp })
    const servers = records.imap && records.smtp ? records : { ...(await autoconfig), ...records }
    if (servers.imap === undefined && servers.smtp === undefined) return undefined
    const known = servers.imap && providerOfImapHost(servers.imap.host)
    return known === undefined ? { servers } : { provider: known }
  }

  return async (address) => {
    const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1).replace(/\.$/, ''))
    if (!isHost(domain) || /^[\d.]+$/.test(domain) || lookups >= maxLookups) return undefined
    lookups += 1
    const ending = new AbortController()
    const timer = setTimeout(() => ending.abort(new Error('deadline')), deadlineMs)
    try {
      return await ask(domain, ending.signal)
    } finally {
      clearTimeout(timer)
      // What was not needed any more.
      ending.abort(new Error('over'))
      lookups -= 1
    }
  }
}

function toServers({
  imap,
  smtp,
}: { [Name in keyof FoundServers]: FoundServers[Name] | undefined }): FoundServers {
  return { ...(imap && { imap }), ...(smtp && { smtp }) }
}
