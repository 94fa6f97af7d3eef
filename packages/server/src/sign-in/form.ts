/**
 * The fields of the sign-in form (names fixed by the contract) and their parse: every fault is named, all at once.
 * It knows the form, not the network: whether a host may be reached is the mail package's to say.
 */
import {
  assertAddress,
  assertHost,
  assertNoControls,
  MailError,
  type MailServer,
  type Provider,
  type ProviderId,
} from '@email-connector/mail'
import { asks, defaultGrantSettings, type GrantSettings } from '../accounts/settings.ts'
import type { StoredAccount } from '../accounts/stored-account.ts'
import { type Permission, permissions, permits } from '../caller.ts'
import type { SignInProvider } from '../sign-in-provider.ts'

const keptFields = [
  'provider',
  'address',
  'imap_host',
  'imap_port',
  'imap_tls',
  'smtp_host',
  'smtp_port',
  'smtp_secure',
  'permission',
  'ask',
  'pair',
] as const

export type FieldName = (typeof keptFields)[number] | 'password' | 'link'

/** What was typed, to be shown again: everything but the password. */
export type FormValues = Readonly<Partial<Record<(typeof keptFields)[number], string>>>

export interface Fault {
  /** Absent: about the attempt as a whole. */
  readonly field?: FieldName
  readonly message: string
}

/** The local runner's embedded mailbox; its password is shown on the page. */
export interface DemoMailbox {
  readonly address: string
  readonly password: string
  readonly imap: MailServer
  readonly smtp: MailServer
}

export interface MailboxRules {
  readonly providers: readonly Provider[]
  readonly demo?: DemoMailbox
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS: any port, and Proton's Bridge on this machine. */
  readonly privateHosts: boolean
  /** Whose own sign-in the deployment offers. */
  readonly signIns: readonly SignInProvider[]
}

/** A person who is to sign in at the provider. */
export interface SignInWish {
  readonly provider: SignInProvider
  /** Where it was typed already. */
  readonly address?: string
}

/** What a page offers of them: the demo only where the settings say so. */
export function mailboxRules(options: {
  readonly settings: { readonly demo: boolean; readonly signInProviders: readonly SignInProvider[] }
  readonly providers: readonly Provider[]
  readonly demo?: DemoMailbox
  readonly privateHosts: boolean
}): MailboxRules {
  const { settings, providers, demo, privateHosts } = options
  const { demo: showsDemo, signInProviders: signIns } = settings
  return { providers, ...(showsDemo && demo !== undefined ? { demo } : {}), privateHosts, signIns }
}

/** RFC 5321 §4.5.3.1: no address or host is longer; no password is longer than 1024. */
const maxKeptChars = 254
const maxPasswordChars = 1024
/** Google shows app passwords in four groups, copied with no-break spaces; the login wants them without. */
const googleAppPassword = /^\s*[a-z]{4}(?:\s[a-z]{4}){3}\s*$/

export function keptValues(fields: Fields): FormValues {
  return Object.fromEntries(
    keptFields.flatMap((name) => {
      const value = fields.get(name)
      return value === undefined ? [] : [[name, value.slice(0, maxKeptChars)]]
    }),
  )
}

export type Fields = ReadonlyMap<string, string>
type Parsed<T> =
  | { readonly parsed: T; readonly faults?: never; readonly wish?: never }
  | { readonly faults: readonly Fault[]; readonly parsed?: never; readonly wish?: never }
/** A mailbox to log in to, or the provider that is to say who it is. */
export type ParsedMailbox =
  | Parsed<StoredAccount>
  | { readonly wish: SignInWish; readonly parsed?: never; readonly faults?: never }

/** What the owner grants. `mayWrite`: whether the client asked for `email:write`. */
export function parsePermission(fields: Fields, mayWrite: boolean): Parsed<Permission> {
  const permission = permissions.find((known) => known === fields.get('permission'))
  if (permission === undefined) {
    return { faults: [{ field: 'permission', message: 'Choose what the app may do with your mail.' }] }
  }
  if (!mayWrite && permits(permission, 'write')) {
    return {
      faults: [{ field: 'permission', message: 'The app asked only to read mail. Choose “Read only”.' }],
    }
  }
  return { parsed: permission }
}

/** When the owner is asked before an email goes out. It says nothing where nothing may be sent. */
export function parseAsk(fields: Fields, permission: Permission | undefined): Parsed<GrantSettings['ask']> {
  const given = fields.get('ask')
  if (given === undefined || given === '' || permission !== 'send')
    return { parsed: defaultGrantSettings.ask }
  const ask = asks.find((known) => known === given)
  if (ask !== undefined) return { parsed: ask }
  return { faults: [{ field: 'ask', message: 'Choose whether you are asked before an email goes out.' }] }
}

/** Where a password works as well, typing one is a choice. */
function wantsSignIn(fields: Fields, id: string): boolean {
  return (fields.get('password') ?? '') === '' || id !== 'gmail'
}

/** The mailbox to log in to. */
export function parseMailbox(fields: Fields, rules: MailboxRules): ParsedMailbox {
  const faults: Fault[] = []
  const refuse = (field: FieldName, message: string): undefined => {
    faults.push({ field, message })
    return undefined
  }
  const value = (name: FieldName) => fields.get(name) ?? ''

  const signIn = rules.signIns.find(({ id }) => id === value('provider'))
  if (signIn !== undefined && wantsSignIn(fields, signIn.id)) {
    if (value('address').trim() === '') return { wish: { provider: signIn } }
    const typed = parseAddress()
    return typed === undefined ? { faults } : { wish: { provider: signIn, address: typed } }
  }
  const servers = parseServers()
  const address = parseAddress()
  const password = parsePassword()
  if (servers === undefined || address === undefined || password === undefined) return { faults }
  return {
    parsed: {
      ...servers,
      address,
      aliases: [],
      login: address,
      credential: { type: 'password', password },
    },
  }

  function parseServers(): { provider: ProviderId; imap: MailServer; smtp: MailServer } | undefined {
    const id = value('provider')
    if (id === 'demo' && rules.demo !== undefined) {
      return { provider: 'demo', imap: rules.demo.imap, smtp: rules.demo.smtp }
    }
    const provider = rules.providers.find((offered) => offered.id === id)
    if (provider === undefined) return refuse('provider', 'Choose your mail provider.')
    if (provider.signIn === 'oauth') {
      return refuse(
        'provider',
        `Passwords no longer work with ${provider.name}, not even app passwords, and this server has no “Sign in with Microsoft” set up. Choose another mailbox.`,
      )
    }
    if (provider.signIn === 'bridge' && !rules.privateHosts) {
      return refuse(
        'provider',
        `${provider.name} can be reached only through its Bridge on the same computer as this server, and this server runs elsewhere. Choose another mailbox.`,
      )
    }
    if (provider.imap !== undefined && provider.smtp !== undefined) {
      return { provider: provider.id, imap: provider.imap, smtp: provider.smtp }
    }
    const imap = parseServer('imap', 'imap_host', 'imap_port', 'imap_tls')
    const smtp = parseServer('smtp', 'smtp_host', 'smtp_port', 'smtp_secure')
    return imap === undefined || smtp === undefined ? undefined : { provider: provider.id, imap, smtp }
  }

  function parseServer(
    protocol: 'imap' | 'smtp',
    hostField: FieldName,
    portField: FieldName,
    tlsField: FieldName,
  ): MailServer | undefined {
    const role = protocol === 'imap' ? 'incoming mail (IMAP)' : 'outgoing mail (SMTP)'
    const host = value(hostField).trim().toLowerCase()
    const port = Number(value(portField))
    const before = faults.length
    if (host === '') refuse(hostField, `Enter the server for ${role}, such as ${protocol}.example.com.`)
    else if (!passes(() => assertHost(host, hostField))) {
      refuse(hostField, `Enter only the name of the server for ${role}, such as ${protocol}.example.com.`)
    }
    const [implicitPort, startTlsPort] = protocol === 'imap' ? [993, 143] : [465, 587]
    const isKnownPort = port === implicitPort || port === startTlsPort
    const isPort = /^[1-9]\d{0,4}$/.test(value(portField)) && port < 65_536
    if (!isPort || !(isKnownPort || rules.privateHosts)) {
      refuse(portField, `Enter ${implicitPort} or ${startTlsPort} as the port for ${role}.`)
    }
    const secure = value(tlsField)
    if (secure !== 'true' && secure !== 'false') {
      refuse(tlsField, `Choose how the connection for ${role} is secured.`)
    } else if (isKnownPort && (port === implicitPort) !== (secure === 'true')) {
      refuse(tlsField, `Port ${port} for ${role} goes with ${port === implicitPort ? 'TLS' : 'STARTTLS'}.`)
    }
    return faults.length > before
      ? undefined
      : { host, port, tls: secure === 'true' ? 'implicit' : 'starttls' }
  }

  function parseAddress(): string | undefined {
    const address = value('address').trim()
    if (address === '') return refuse('address', 'Enter your email address.')
    if (!passes(() => assertAddress(address, 'address'))) {
      return refuse('address', 'Enter a complete email address, such as ann@example.com.')
    }
    return address
  }

  function parsePassword(): string | undefined {
    const typed = value('password')
    const password = googleAppPassword.test(typed) ? typed.replace(/\s/g, '') : typed
    if (password === '') return refuse('password', 'Enter the password.')
    if (password.length > maxPasswordChars || !passes(() => assertNoControls(password, 'password'))) {
      return refuse('password', 'Enter the password again: it holds characters that no mail server accepts.')
    }
    return password
  }
}

function passes(assertion: () => void): boolean {
  try {
    assertion()
    return true
  } catch (error) {
    if (error instanceof MailError) return false
    throw error
  }
}
