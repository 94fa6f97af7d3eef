/**
 * The file in which a domain tells mail programs its servers (Thunderbird's autoconfig, config-v1.1.xml): fetched from the
 * domain itself, over https only, without the person's address. Read by words and not as XML: of a bounded text the
 * first servers with a name, port and security that we could use, in linear time, whatever else it holds.
 */
import type { MailServer } from '@email-connector/mail'
import type { GetPublicDocument } from '../http/public-document.ts'
import { isHost } from './dns-records.ts'

export interface FoundServers {
  readonly imap?: MailServer
  readonly smtp?: MailServer
}

/** Those of large providers have 4 KB. */
const maxBytes = 32 * 1024
/** Some servers know the ending of a file better than its type. */
const xml = /^(?:text|application)\/(?:[\w.-]+\+)?(?:xml|plain|octet-stream)\s*(?:;|$)/i

export async function fetchAutoconfig(
  domain: string,
  { getDocument, signal }: { getDocument: GetPublicDocument; signal: AbortSignal },
): Promise<FoundServers> {
  const addresses = [
    `https://autoconfig.${domain}/mail/config-v1.1.xml`,
    `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`,
  ]
  const found = await Promise.all(
    addresses.map((url) =>
      getDocument(url, { accept: 'text/xml, application/xml', type: xml, maxBytes, signal }).then(
        ({ text }) => readAutoconfig(text, domain),
        () => ({}), // No such host or file, or one that we do not take: nothing was found.
      ),
    ),
  )
  return found.find(({ imap, smtp }: FoundServers) => imap !== undefined || smtp !== undefined) ?? {}
}

export function readAutoconfig(text: string, domain: string): FoundServers {
  const plain = withoutComments(text)
  const imap = firstUsable(plain, { element: 'incomingServer', type: 'imap', ports: [993, 143], domain })
  const smtp = firstUsable(plain, { element: 'outgoingServer', type: 'smtp', ports: [465, 587], domain })
  return { ...(imap && { imap }), ...(smtp && { smtp }) }
}

function firstUsable(
  text: string,
  wanted: { element: string; type: string; ports: readonly [number, number]; domain: string },
): MailServer | undefined {
  const { element, type, domain } = wanted
  const [implicitPort, startTlsPort] = wanted.ports
  for (const block of blocks(text, element)) {
    const [head = '', ...rest] = block.split('>')
    if (!new RegExp(`\\btype\\s*=\\s*["']${type}["']`).test(head)) continue
    const body = rest.join('>')
    const host = textIn(body, 'hostname').replaceAll('%EMAILDOMAIN%', domain).toLowerCase()
    const port = Number(textIn(body, 'port'))
    const socket = textIn(body, 'socketType').toUpperCase()
    if (!isHost(host)) continue
    if (socket === 'SSL' && port === implicitPort) return { host, port, tls: 'implicit' }
    if (socket === 'STARTTLS' && port === startTlsPort) return { host, port, tls: 'starttls' }
  }
  return undefined
}

/** Between `<element` and `</element>`, the first ones. */
function blocks(text: string, element: string): string[] {
  return text
    .split(`<${element}`, 11)
    .slice(1)
    .map((part) => part.split(`</${element}>`, 1)[0] ?? '')
}

function textIn(body: string, element: string): string {
  const [, inside = ''] = body.split(`<${element}>`, 2)
  return (inside.split(`</${element}>`, 1)[0] ?? '').slice(0, 300).trim()
}

function withoutComments(text: string): string {
  return text
    .split('<!--')
    .map((part, index) => (index === 0 ? part : part.split('-->').slice(1).join('-->')))
    .join('')
}
