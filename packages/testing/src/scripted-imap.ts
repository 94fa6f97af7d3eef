/**
 * An IMAP server that follows a script: polite by default (one user, an empty INBOX, the usual folders), and for
 * every command replaceable by a handler. For what real servers are too polite to do: a stripped STARTTLS, an
 * injected answer, silence, a changed UIDVALIDITY, a million messages. It keeps what the client sent, in clear and
 * under TLS, and which sockets are still open.
 */
import type { ServerCertificate } from './certificates.ts'
import { type LineConnection, type LineServer, startLineServer } from './line-connection.ts'
import { type Misbehaviour, misbehaviours } from './misbehaviour.ts'
import { parseSaslResponse } from './sasl.ts'

export interface ImapConnection extends LineConnection {
  /** One line, CRLF added. */
  send(line: string): Promise<void>
  /** Every command so far, `TAG` left out: `LOGIN "a" "b"`. */
  readonly commands: readonly string[]
  /** Name of the selected mailbox. */
  selected: string | undefined
}

/** Has to answer with `${tag} OK …` by itself; `args` is the rest of the line, literals put in place as they came. */
export type ImapHandler = (tag: string, args: string, connection: ImapConnection) => Promise<void> | void

export interface ScriptedMailbox {
  path: string
  /** `\Sent`, … */
  specialUse?: string
  exists?: number
  uidValidity?: number
  uidNext?: number
}

export interface ScriptedImapOptions {
  /** Default `none`. */
  tls?: 'implicit' | 'starttls' | 'none'
  certificate?: ServerCertificate
  oldTls?: boolean
  /** Without CRLF; `* PREAUTH …` is possible. Default: an OK with the capabilities. */
  greeting?: string
  /** Default is what a modern server says. STARTTLS is added where it is offered. */
  capabilities?: string
  /** Sent in clear behind the OK of STARTTLS, in the same packet. */
  injectAfterStartTls?: string
  login?: string
  password?: string
  mailboxes?: ScriptedMailbox[]
  /** By command in upper case, `UID FETCH` and its like in two words. Wins over the defaults. */
  handlers?: Record<string, ImapHandler>
  /** Instead of an answer to that command, or (`greeting`) of the greeting. */
  misbehave?: { at: string; how: Misbehaviour }
}

export interface ScriptedImap {
  readonly host: 'localhost'
  readonly port: number
  readonly connections: readonly ImapConnection[]
  /** Every command of every connection. */
  commands(): string[]
  /** What all clients sent outside TLS: must never hold a credential (R36). */
  clear(): string
  openCount(): number
  /** May be changed while clients are connected. */
  readonly mailboxes: ScriptedMailbox[]
  readonly handlers: Record<string, ImapHandler>
  stop(): Promise<void>
}

const modern =
  'IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS MOVE SPECIAL-USE LIST-EXTENDED LIST-STATUS ESEARCH CONDSTORE AUTH=PLAIN'

export function defaultMailboxes(): ScriptedMailbox[] {
  return [
    { path: 'INBOX' },
    ...['Drafts', 'Sent', 'Trash', 'Junk', 'Archive'].map((path) => ({ path, specialUse: `\\${path}` })),
  ]
}

export async function startScriptedImap(options: ScriptedImapOptions = {}): Promise<ScriptedImap> {
  const mailboxes = options.mailboxes ?? defaultMailboxes()
  const handlers = { ...defaultHandlers(options, mailboxes), ...options.handlers }
  const { misbehave } = options
  const connections: ImapConnection[] = []

  async function serve(line: LineConnection) {
    const commands: string[] = []
    const connection: ImapConnection = Object.assign(line, {
      commands,
      selected: undefined,
      send: (text: string) => line.write(`${text}\r\n`),
    })
    connections.push(connection)
    if (misbehave?.at === 'greeting') return misbehaviours[misbehave.how](connection)
    await connection.send(options.greeting ?? `* OK [CAPABILITY ${capabilitiesOf(options, line)}] ready`)
    for (;;) {
      const command = await readCommand(connection)
      if (command === undefined) return
      const { tag, name, args } = command
      commands.push(args === '' ? name : `${name} ${args}`)
      if (misbehave?.at === name) return misbehaviours[misbehave.how](connection)
      const handler = handlers[name]
      if (handler) await handler(tag, args, connection)
      else await connection.send(`${tag} BAD unknown command`)
    }
  }

  const server: LineServer = await startLineServer({
    tls: options.tls ?? 'none',
    certificate: options.certificate,
    oldTls: options.oldTls,
    serve,
  })
  return {
    host: 'localhost',
    port: server.port,
    connections,
    commands: () => connections.flatMap((one) => one.commands),
    clear: () => server.connections.map((one) => one.clear()).join('\n'),
    openCount: server.openCount,
    mailboxes,
    handlers,
    stop: server.stop,
  }
}

/** One command with its literals (RFC 9051 §4.3), both the waiting and the LITERAL+ kind. */
async function readCommand(connection: ImapConnection) {
  let text = await connection.readLine()
  if (text === undefined) return undefined
  for (;;) {
    const literal = /\{(\d+)(\+?)\}$/.exec(text)
    if (!literal) break
    if (!literal[2]) await connection.send('+ go on')
    const bytes = await connection.readBytes(Number(literal[1]))
    const rest = await connection.readLine()
    if (!bytes || rest === undefined) return undefined
    text += `\r\n${bytes.toString('latin1')}${rest}`
  }
  const [, tag = '*', name = '', args = ''] = /^(\S+) ((?:UID )?\S+) ?([\s\S]*)$/i.exec(text) ?? []
  return { tag, name: name.toUpperCase(), args }
}

function capabilitiesOf(options: ScriptedImapOptions, connection: LineConnection): string {
  const capabilities = options.capabilities ?? modern
  const upgradable = options.tls === 'starttls' && !connection.isSecure()
  return upgradable ? `${capabilities} STARTTLS LOGINDISABLED` : capabilities
}

/** First argument as a name: quoted or an atom. */
export function firstArgument(args: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(args)
  return quoted ? (quoted[1] ?? '').replace(/\\(.)/g, '$1') : (args.split(' ')[0] ?? '')
}

function defaultHandlers(options: ScriptedImapOptions, mailboxes: ScriptedMailbox[]) {
  const { login, password } = options
  const ok: ImapHandler = (tag, _args, connection) => connection.send(`${tag} OK done`)
  const decide = (tag: string, correct: boolean, connection: ImapConnection) =>
    connection.send(
      correct
        ? `${tag} OK [CAPABILITY ${capabilitiesOf(options, connection)}] logged in`
        : `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials`,
    )
  const isKnown = (user: string | undefined, secret: string | undefined) =>
    (login === undefined || user === login) && (password === undefined || secret === password)

  const list: ImapHandler = async (tag, args, connection) => {
    const withStatus = /STATUS \(/i.test(args)
    for (const mailbox of mailboxes) {
      const attributes = ['\\HasNoChildren', mailbox.specialUse].filter(Boolean).join(' ')
      await connection.send(`* LIST (${attributes}) "/" "${mailbox.path}"`)
      if (withStatus) await connection.send(statusLine(mailbox))
    }
    await connection.send(`${tag} OK done`)
  }
  const open =
    (access: 'READ-WRITE' | 'READ-ONLY'): ImapHandler =>
    async (tag, args, connection) => {
      const mailbox = mailboxes.find(({ path }) => path.toUpperCase() === firstArgument(args).toUpperCase())
      if (!mailbox) return connection.send(`${tag} NO [NONEXISTENT] no such mailbox`)
      connection.selected = mailbox.path
      const { exists = 0, uidValidity = 1, uidNext = exists + 1 } = mailbox
      await connection.send('* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)')
      await connection.send('* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags')
      await connection.send(`* ${exists} EXISTS`)
      await connection.send('* 0 RECENT')
      await connection.send(`* OK [UIDVALIDITY ${uidValidity}] valid`)
      await connection.send(`* OK [UIDNEXT ${uidNext}] next`)
      await connection.send(`${tag} OK [${access}] selected`)
    }

  const handlers: Record<string, ImapHandler> = {
    NOOP: ok,
    CHECK: ok,
    CLOSE: ok,
    UNSELECT: ok,
    SUBSCRIBE: ok,
    ENABLE: ok,
    LIST: list,
    XLIST: list,
    LSUB: ok,
    SELECT: open('READ-WRITE'),
    EXAMINE: open('READ-ONLY'),
    async CAPABILITY(tag, _args, connection) {
      await connection.send(`* CAPABILITY ${capabilitiesOf(options, connection)}`)
      await connection.send(`${tag} OK done`)
    },
    async ID(tag, _args, connection) {
      await connection.send('* ID ("name" "scripted")')
      await connection.send(`${tag} OK done`)
    },
    async NAMESPACE(tag, _args, connection) {
      await connection.send('* NAMESPACE (("" "/")) NIL NIL')
      await connection.send(`${tag} OK done`)
    },
    async STATUS(tag, args, connection) {
      const mailbox = mailboxes.find(({ path }) => path === firstArgument(args))
      if (!mailbox) return connection.send(`${tag} NO [NONEXISTENT] no such mailbox`)
      await connection.send(statusLine(mailbox))
      await connection.send(`${tag} OK done`)
    },
    async STARTTLS(tag, _args, connection) {
      if (options.tls !== 'starttls' || connection.isSecure())
        return connection.send(`${tag} BAD STARTTLS is not available`)
      // One packet: the injected line is there before the client has shaken hands.
      await connection.write(`${tag} OK begin\r\n${options.injectAfterStartTls ?? ''}`)
      await connection.upgrade()
    },
    LOGIN(tag, args, connection) {
      const words = [...args.matchAll(/"((?:[^"\\]|\\.)*)"|\{\d+\+?\}\r\n(\S*)|(\S+)/g)]
      const [user, secret] = words.map(([, quoted, literal, atom]) =>
        quoted === undefined ? (literal ?? atom) : quoted.replace(/\\(.)/g, '$1'),
      )
      return decide(tag, isKnown(user, secret), connection)
    },
    async AUTHENTICATE(tag, args, connection) {
      const [mechanism = '', initial] = args.split(' ')
      if (initial === undefined) await connection.send('+ ')
      const { user, secret } = parseSaslResponse(mechanism, initial ?? (await connection.readLine()) ?? '')
      return decide(tag, isKnown(user, secret), connection)
    },
    async LOGOUT(tag, _args, connection) {
      await connection.send('* BYE bye')
      await connection.send(`${tag} OK done`)
      connection.end()
    },
  }
  return handlers
}

function statusLine({ path, exists = 0, uidValidity = 1, uidNext = exists + 1 }: ScriptedMailbox): string {
  return `* STATUS "${path}" (MESSAGES ${exists} UNSEEN 0 UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity})`
}
