/**
 * A submission server and a mailbox that count: final dots, and copies in Sent, by the Subject of the email. Either may
 * fail as no polite server would, and the mailbox may be one whose server files its own copy.
 */
import type { MailAccount } from '@email-connector/mail'
import {
  createCertificateAuthority,
  type ScriptedImap,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
  testHosts,
} from '@email-connector/testing'

export interface CountingServers {
  readonly ca: string
  readonly account: MailAccount
  readonly sink: SmtpSink
  /** What happens to an APPEND: `lost` after it was stored. */
  append: 'stored' | 'refused' | 'lost'
  /** The submission server puts what it takes into Sent by itself. */
  filesOwnCopy: boolean
  /** Called at each stage of SMTP and IMAP, by its name. */
  onStage: (stage: string) => void
  dots(subject: string): number
  copies(subject: string): number
  stop(): Promise<void>
}

export async function startCountingServers(): Promise<CountingServers> {
  const authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: testHosts })
  const copies: string[] = []
  const sink = await startSmtpSink({
    tls: 'implicit',
    certificate,
    extensions: ['PIPELINING', '8BITMIME'],
    refuseRecipient: (address) =>
      address.startsWith('nobody')
        ? '550 5.1.1 no such user'
        : address.startsWith('later')
          ? '450 4.2.0 greylisted, come back in 20 minutes'
          : undefined,
    onCommand: (verb) => servers.onStage(verb),
    onMessage({ raw }) {
      servers.onStage('final dot')
      if (servers.filesOwnCopy) copies.push(raw.toString('latin1'))
    },
  })
  const imap: ScriptedImap = await startScriptedImap({
    ...{ tls: 'implicit', certificate },
    capabilities: 'IMAP4rev1 LITERAL+ UIDPLUS MOVE SPECIAL-USE',
    handlers: {
      APPEND(tag, args, connection) {
        servers.onStage('APPEND')
        if (servers.append === 'refused') return connection.send(`${tag} NO [SERVERBUG] not now`)
        copies.push(args)
        servers.onStage('stored')
        if (servers.append === 'lost') return connection.end()
        return connection.send(`${tag} OK [APPENDUID 1 ${copies.length}] stored`)
      },
      async 'UID SEARCH'(tag, args, connection) {
        const [, id = '<>'] = /(<[^<>]+>)/.exec(args) ?? []
        const found = copies.flatMap((copy, at) => (copy.includes(`Message-ID: ${id}`) ? [at + 1] : []))
        await connection.send(`* SEARCH ${found.join(' ')}`.trim())
        await connection.send(`${tag} OK done`)
      },
    },
  })
  const isOf = (subject: string) => (text: string) => text.includes(`Subject: ${subject}\r\n`)
  const servers: CountingServers = {
    ca: authority.ca,
    sink,
    append: 'stored',
    filesOwnCopy: false,
    onStage: () => {},
    account: {
      provider: 'generic',
      address: 'alice@test.example',
      aliases: [],
      login: 'alice',
      imap: { host: 'localhost', port: imap.port, tls: 'implicit' },
      smtp: { host: 'localhost', port: sink.port, tls: 'implicit' },
      credential: { type: 'password', password: 'x' },
    },
    dots: (subject) => sink.messages.map(({ raw }) => raw.toString('latin1')).filter(isOf(subject)).length,
    copies: (subject) => copies.filter(isOf(subject)).length,
    async stop() {
      await sink.stop()
      await imap.stop()
      await authority.remove()
    },
  }
  return servers
}
