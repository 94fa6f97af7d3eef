/**
 * The shapes of six providers' IMAP servers for the scripted server: what they greet with, what they say they can do
 * before and after login, what their mailboxes are called, and how they refuse. Written after what they are publicly
 * known to answer; none was tried live from here, so a test on a shape shows that we cope with it, not that it is exact.
 */
import { createLargeMailbox } from './large-mailbox.ts'
import type { ImapConnection, ImapHandler, ScriptedImapOptions, ScriptedMailbox } from './scripted-imap.ts'

export interface ProviderShape {
  readonly name: string
  /** For startScriptedImap; TLS and certificate are the caller's. INBOX holds three messages. */
  readonly options: Pick<ScriptedImapOptions, 'greeting' | 'capabilities' | 'mailboxes' | 'handlers'>
  /** Answers to a login that is not let in, by reason; `TAG` stands for the tag. */
  readonly refusals: Readonly<Record<string, string>>
  /** Answers to EXAMINE from a server that has had enough. */
  readonly throttled: Readonly<Record<string, string>>
}

interface Shape {
  name: string
  greeting: string
  before: string
  after: string
  /** How the list after login arrives: not at all, before the OK, or in it. */
  announce: 'never' | 'untagged' | 'code'
  folders: readonly (readonly [path: string, attributes: string])[]
  loggedIn: string
  refusals: Record<string, string>
  throttled?: Record<string, string>
}

const gmailBefore =
  'IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER'
const gmailAfter =
  'IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584'
const exchange =
  'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+'
const exchangeOnPremises =
  'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=NTLM AUTH=GSSAPI UIDPLUS MOVE ID CHILDREN IDLE NAMESPACE LITERAL+'
const icloudAfter =
  'XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 ACL QUOTA LITERAL+ NAMESPACE UIDPLUS CHILDREN BINARY UNSELECT SORT CATENATE URLAUTH LANGUAGE ESEARCH ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES CONTEXT=SEARCH CONTEXT=SORT WITHIN SASL-IR SEARCHRES XSENDER X-NETSCAPE ANNOTATE-EXPERIMENT-1 X-ANNOTATEMORE XUM1 ID ENABLE CONDSTORE QRESYNC XLIST IDLE'
const yahoo =
  'IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER ID MOVE NAMESPACE XYMHIGHESTMODSEQ UIDPLUS LITERAL+ CHILDREN X-MSG-EXT UNSELECT OBJECTID'
const bridge = 'AUTH=PLAIN ID IDLE IMAP4rev1 MOVE STARTTLS UIDPLUS UNSELECT'

export const providerShapes: readonly ProviderShape[] = [
  toShape({
    name: 'Gmail',
    greeting: '* OK Gimap ready for requests from 192.0.2.1 a1b2c3d4e5f6',
    before: gmailBefore,
    after: gmailAfter,
    announce: 'untagged',
    loggedIn: 'OK alice@test.example authenticated (Success)',
    // The display language of the account decides the names.
    folders: [
      ['INBOX', '\\HasNoChildren'],
      ['[Gmail]', '\\HasChildren \\Noselect'],
      ['[Gmail]/Alle Nachrichten', '\\All \\HasNoChildren'],
      ['[Gmail]/Entw&APw-rfe', '\\Drafts \\HasNoChildren'],
      ['[Gmail]/Gesendet', '\\HasNoChildren \\Sent'],
      ['[Gmail]/Papierkorb', '\\HasNoChildren \\Trash'],
      ['[Gmail]/Spam', '\\HasNoChildren \\Junk'],
    ],
    refusals: {
      'wrong password': 'TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)',
      'app password needed':
        'TAG NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)',
      'IMAP switched off':
        'TAG NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and enable your account for IMAP access. (Failure)',
      'browser wanted': 'TAG NO [WEBALERT https://accounts.example/signin/continue] Web login required.',
      'too many connections': 'TAG NO [ALERT] Too many simultaneous connections. (Failure)',
      'too much traffic': 'TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)',
    },
    throttled: {
      'too much traffic': 'TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)',
    },
  }),
  toShape({
    name: 'Outlook',
    greeting: '* OK The Microsoft Exchange IMAP4 service is ready. [QQBNADAAUABSADAAMQ==]',
    before: exchange,
    after: exchange,
    announce: 'never',
    loggedIn: 'OK AUTHENTICATE completed.',
    folders: [
      ['INBOX', '\\Marked \\HasNoChildren'],
      ['Archive', '\\HasNoChildren'],
      ['Deleted Items', '\\HasNoChildren \\Trash'],
      ['Drafts', '\\HasNoChildren \\Drafts'],
      ['Junk Email', '\\HasNoChildren \\Junk'],
      ['Sent Items', '\\HasNoChildren \\Sent'],
    ],
    refusals: {
      'passwords switched off': 'TAG NO [AUTHENTICATIONFAILED] Basic authentication is disabled.',
      'passwords blocked': 'TAG NO LOGIN failed. BasicAuthBlocked',
      'token refused': 'TAG NO AUTHENTICATE failed.',
      'server busy': 'TAG NO Server Unavailable. 15',
      'too many commands': 'TAG BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds',
    },
    throttled: {
      'too many commands': 'TAG BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds',
      'mailbox elsewhere': 'TAG BAD User is authenticated but not connected.',
    },
  }),
  toShape({
    name: 'Exchange',
    greeting: '* OK The Microsoft Exchange IMAP4 service is ready.',
    before: exchangeOnPremises,
    after: exchangeOnPremises,
    announce: 'never',
    loggedIn: 'OK LOGIN completed.',
    // No SPECIAL-USE: the names are the mailbox's language.
    folders: [
      ['INBOX', '\\HasNoChildren'],
      ['Entw&APw-rfe', '\\HasNoChildren'],
      ['Gel&APY-schte Elemente', '\\HasNoChildren'],
      ['Gesendete Elemente', '\\HasNoChildren'],
      ['Junk-E-Mail', '\\HasNoChildren'],
      ['Kalender', '\\HasNoChildren'],
    ],
    refusals: {
      'wrong password': 'TAG NO LOGIN failed.',
      'server busy': 'TAG NO Server Unavailable. 15',
    },
  }),
  toShape({
    name: 'iCloud',
    greeting:
      '* OK [CAPABILITY XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PTOKEN AUTH=XOAUTH2] (2431B12-1a2b3c) mail.example [192.0.2.1]',
    before: 'XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PTOKEN AUTH=XOAUTH2',
    after: icloudAfter,
    announce: 'code',
    loggedIn: 'user alice logged in',
    folders: [
      ['INBOX', '\\HasNoChildren'],
      ['Archive', '\\HasNoChildren \\Archive'],
      ['Deleted Messages', '\\HasNoChildren \\Trash'],
      ['Drafts', '\\HasNoChildren \\Drafts'],
      ['Junk', '\\HasNoChildren \\Junk'],
      ['Sent Messages', '\\HasNoChildren \\Sent'],
    ],
    refusals: {
      'wrong password': 'TAG NO [AUTHENTICATIONFAILED] Authentication failed',
      'not now': 'TAG NO [UNAVAILABLE] Service temporarily unavailable',
    },
  }),
  toShape({
    name: 'Yahoo',
    greeting: `* OK [CAPABILITY ${yahoo}] IMAP4rev1 Hello`,
    before: yahoo,
    after: yahoo,
    announce: 'never',
    loggedIn: 'OK LOGIN completed',
    folders: [
      ['Archive', '\\Archive \\HasNoChildren'],
      ['Bulk', '\\Junk \\HasNoChildren'],
      ['Draft', '\\Drafts \\HasNoChildren'],
      ['Inbox', '\\HasNoChildren'],
      ['Sent', '\\Sent \\HasNoChildren'],
      ['Trash', '\\Trash \\HasNoChildren'],
    ],
    refusals: {
      'wrong password': 'TAG NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials',
      'too many logins': 'TAG NO [LIMIT] LOGIN Rate limit hit.',
      'server fault': 'TAG NO [SERVERBUG] LOGIN Server error - Please try again later',
      'mailbox in use': 'TAG NO [INUSE] LOGIN Mailbox in use',
    },
    throttled: { 'too many commands': 'TAG NO [LIMIT] EXAMINE Rate limit hit.' },
  }),
  toShape({
    name: 'Proton Bridge',
    greeting: `* OK [CAPABILITY ${bridge}] Proton Mail Bridge 03.10.00 - gluon session ID 1`,
    before: bridge,
    after: bridge.replace('STARTTLS ', ''),
    announce: 'code',
    loggedIn: 'Logged in',
    folders: [
      ['INBOX', '\\Unmarked'],
      ['Folders', '\\Noselect'],
      ['Labels', '\\Noselect'],
      ['All Mail', '\\All \\Noinferiors'],
      ['Archive', '\\Archive \\Noinferiors'],
      ['Drafts', '\\Drafts \\Noinferiors'],
      ['Sent', '\\Noinferiors \\Sent'],
      ['Spam', '\\Junk \\Noinferiors'],
      ['Starred', '\\Flagged \\Noinferiors'],
      ['Trash', '\\Noinferiors \\Trash'],
    ],
    refusals: {
      'wrong password': 'TAG NO incorrect username or password',
      'too many logins': 'TAG NO too many login attempts, please try again later',
    },
  }),
]

function toShape(shape: Shape): ProviderShape {
  const mail = createLargeMailbox({ exists: 3 })
  const loggedIn = new WeakSet<ImapConnection>()

  const login: ImapHandler = async (tag, _args, connection) => {
    loggedIn.add(connection)
    if (shape.announce === 'untagged') await connection.send(`* CAPABILITY ${shape.after}`)
    const code = shape.announce === 'code' ? `OK [CAPABILITY ${shape.after}] ` : ''
    await connection.send(`${tag} ${code}${shape.loggedIn}`)
  }
  const handlers: Record<string, ImapHandler> = {
    ...mail.handlers,
    LOGIN: login,
    async AUTHENTICATE(tag, args, connection) {
      if (!args.includes(' ')) {
        await connection.send('+ ')
        await connection.readLine()
      }
      await login(tag, '', connection)
    },
    async CAPABILITY(tag, _args, connection) {
      await connection.send(`* CAPABILITY ${loggedIn.has(connection) ? shape.after : shape.before}`)
      await connection.send(`${tag} OK done`)
    },
    async LIST(tag, args, connection) {
      for (const [path, attributes] of shape.folders) {
        await connection.send(`* LIST (${attributes}) "/" "${path}"`)
        if (/STATUS \(/i.test(args) && !attributes.includes('\\Noselect'))
          await connection.send(`* STATUS "${path}" (MESSAGES 3 UNSEEN 1)`)
      }
      await connection.send(`${tag} OK done`)
    },
  }
  const mailboxes: ScriptedMailbox[] = shape.folders.map(([path]) =>
    path.toUpperCase() === 'INBOX' ? mail.mailbox : { path },
  )
  return {
    name: shape.name,
    options: { greeting: shape.greeting, capabilities: shape.before, mailboxes, handlers },
    refusals: shape.refusals,
    throttled: shape.throttled ?? {},
  }
}
