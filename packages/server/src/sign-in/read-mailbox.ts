/**
 * The mailbox of a form; where the person chose no provider or left the servers empty, the domain of the address is asked
 * for them. What it says fills the form, which then comes again: a password goes to no server that nobody has looked at.
 * Where nothing is found, the form says what it would have said without.
 */
import { assertAddress, MailError, type MailServer, type ProviderId } from '@email-connector/mail'
import { suggestProvider } from '@email-connector/mail/providers'
import { type Admission, isAdmitted } from '../admission.ts'
import type { FindServers, Found } from '../find-servers/find-servers.ts'
import {
  type Fault,
  type Fields,
  type FormValues,
  keptValues,
  type MailboxRules,
  type ParsedMailbox,
  parseMailbox,
} from './form.ts'

/** `mailbox`: what a provider's sign-in has made of it; absent, the fields say. */
export type ReadMailbox = (
  fields: Fields,
  mailbox?: ParsedMailbox,
) => Promise<{ readonly mailbox: ParsedMailbox; readonly values: FormValues }>

export function createReadMailbox(options: {
  readonly rules: MailboxRules
  /** Nobody is asked about an address that may not connect. */
  readonly admission: Admission
  readonly findServers: FindServers
}): ReadMailbox {
  const { rules, admission, findServers } = options

  async function find(address: string): Promise<Found | undefined> {
    const provider = suggestProvider(address)
    return provider === undefined ? await findServers(address) : { provider }
  }

  return async (fields, given) => {
    const mailbox = given ?? parseMailbox(fields, rules)
    const asTyped = { mailbox, values: keptValues(fields) }
    const address = (fields.get('address') ?? '').trim()
    if (mailbox.faults === undefined || given !== undefined || !isUndecided(fields, rules)) return asTyped
    if (!isAddress(address) || !isAdmitted(admission, { address })) return asTyped
    const found = await find(address)
    if (found === undefined) return asTyped
    const domain = address.slice(address.lastIndexOf('@') + 1)
    return found.provider === undefined
      ? withServers(fields, found.servers, domain)
      : (withProvider(fields, found.provider, domain) ?? asTyped)
  }

  /** Undefined where it is not offered here. */
  function withProvider(fields: Fields, id: ProviderId, domain: string) {
    const provider = rules.providers.find((offered) => offered.id === id)
    if (provider === undefined) return undefined
    const signIn = rules.signIns.find((one) => one.id === id)
    const chosen = new Map([...fields, ['provider', id]])
    const faults = parseMailbox(chosen, rules).faults ?? []
    const [refusal] = faults.filter(({ field }) => field === 'provider')
    const next =
      refusal?.message ??
      (signIn === undefined
        ? `${provider.note} Enter that password.`
        : `Press “Sign in with ${signIn.name}”.`)
    const lead: Fault = {
      field: 'provider',
      message: `The mail of ${domain} is at ${provider.name}. ${next}`,
    }
    return { mailbox: { faults: [lead] }, values: keptValues(chosen) }
  }

  function withServers(fields: Fields, servers: { imap?: MailServer; smtp?: MailServer }, domain: string) {
    const signIn = rules.signIns.find(({ imap }) => imap.host === servers.imap?.host)
    if (signIn !== undefined) {
      const message = `The mail of ${domain} is at ${signIn.name}. Press “Sign in with ${signIn.name}”.`
      const chosen = new Map([...fields, ['provider', signIn.id]])
      return { mailbox: { faults: [{ field: 'provider', message } as const] }, values: keptValues(chosen) }
    }
    const isTyped = (name: 'imap_host' | 'smtp_host') => (fields.get(name) ?? '').trim() !== ''
    const filled = new Map([
      ...fields,
      ['provider', 'generic'],
      ...(servers.imap && !isTyped('imap_host') ? toFields('imap_tls', 'imap', servers.imap) : []),
      ...(servers.smtp && !isTyped('smtp_host') ? toFields('smtp_secure', 'smtp', servers.smtp) : []),
    ])
    const missing = (parseMailbox(filled, rules).faults ?? []).filter(({ field }) => field !== 'password')
    const lead: Fault = {
      field: 'imap_host',
      message: `These servers were found for ${domain}. Check them, and enter the password again.`,
    }
    const faults = missing.some(({ field }) => field === 'imap_host') ? missing : [lead, ...missing]
    return { mailbox: { faults }, values: keptValues(filled) }
  }
}

/** Without a provider, or with servers of one's own and one of them empty. */
function isUndecided(fields: Fields, { providers, signIns, demo }: MailboxRules): boolean {
  const id = fields.get('provider') ?? ''
  if (id === 'generic')
    return ['imap_host', 'smtp_host'].some((name) => (fields.get(name) ?? '').trim() === '')
  const isOffered = [...providers, ...signIns].some((one) => one.id === id)
  return !isOffered && !(id === 'demo' && demo !== undefined)
}

function toFields(tlsField: string, protocol: 'imap' | 'smtp', { host, port, tls }: MailServer) {
  return [
    [`${protocol}_host`, host],
    [`${protocol}_port`, String(port)],
    [tlsField, String(tls === 'implicit')],
  ] as const
}

function isAddress(text: string): boolean {
  try {
    assertAddress(text, 'address')
    return true
  } catch (error) {
    if (error instanceof MailError) return false
    throw error
  }
}
