/**
 * A real Dovecot 2.3 (Debian's) on loopback for one test file: own ports, folder, users and CA, started in
 * the foreground and tied to this process, so nothing is left behind. It never touches the system's service.
 * Works as root (Debian's dovecot and dovenull users) and as a normal user (everything runs as that user).
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createCertificateAuthority, testHosts } from './certificates.ts'
import { type DovecotProfile, dovecotConfiguration, oauth2Configuration } from './dovecot-configuration.ts'
import { freePorts } from './free-port.ts'
import { type RealImapServer, type TestUser, testUser } from './imap-server.ts'
import { createMailboxReader } from './mailbox-reader.ts'
import { createTempFolder } from './temp-folder.ts'
import { startTiedProcess } from './tied-process.ts'

const dovecot = '/usr/sbin/dovecot'

export type { TestUser }

export interface Dovecot extends RealImapServer {
  /**
   * STARTTLS. Dovecot takes a client on its own address for a safe one: LOGINDISABLED is not announced and a
   * password in clear passes. What a client must refuse by itself is a matter for the scripted server.
   */
  readonly imapPort: number
  /** UNIX socket that speaks LMTP. */
  readonly lmtpPath: string
  /** What clients of this user sent after login, connection by connection, oldest first. */
  rawLog(user: TestUser): Promise<string[]>
}

/** Undefined where Dovecot 2.3 with LMTP is not installed, so that a test can say that it was not run. */
export function findDovecot(): string | undefined {
  if (!existsSync(dovecot) || !existsSync('/usr/lib/dovecot/lmtp')) return undefined
  // 2.4 has another configuration language.
  return execFileSync(dovecot, ['--version'], { encoding: 'utf8' }).startsWith('2.3') ? dovecot : undefined
}

const alice = testUser('alice', 'wonder land 1')
const bob = testUser('bob', 'bobs-Passw0rd')
/** No account on the machine needs to exist for it; Dovecot refuses to open mail as root. */
const unusedUid = 20_143

export async function startDovecot(profile: DovecotProfile = {}): Promise<Dovecot> {
  if (!findDovecot()) throw new Error('Dovecot 2.3 is not installed: run scripts/install-test-servers.sh')
  const folder = createTempFolder('dovecot')
  const at = (name: string) => join(folder.path, name)
  const authority = await createCertificateAuthority()
  const { cert, key } = await authority.issue({ names: testHosts })

  const asRoot = process.getuid?.() === 0
  const mailUid = asRoot ? unusedUid : (process.getuid?.() ?? 0)
  const mailGid = asRoot ? unusedUid : (process.getgid?.() ?? 0)
  await chmod(folder.path, 0o755)
  await writeFile(at('cert.pem'), cert)
  await writeFile(at('key.pem'), key, { mode: 0o600 })
  await writeFile(at('users'), [alice, bob].map((one) => `${one.login}:{PLAIN}${one.password}\n`).join(''))
  const { introspectionUrl } = profile
  if (introspectionUrl !== undefined)
    await writeFile(at('oauth2.conf.ext'), oauth2Configuration(introspectionUrl), { mode: 0o644 })
  await mkdir(at('mail'))
  await mkdir(at('rawlog'))
  for (const one of [alice, bob]) await mkdir(at(`rawlog/${one.login}`))
  if (asRoot) {
    for (const path of ['mail', 'rawlog', ...[alice, bob].map((one) => `rawlog/${one.login}`)])
      await chown(at(path), mailUid, mailGid)
  }

  const start = async () => {
    const [imapsPort = 0, imapPort = 0] = await freePorts(2)
    await writeFile(
      at('dovecot.conf'),
      dovecotConfiguration({ folder: folder.path, imapsPort, imapPort, mailUid, mailGid, asRoot, profile }),
    )
    const child = startTiedProcess(dovecot, ['-F', '-c', at('dovecot.conf')])
    let ended = false
    void child.ended.then(() => {
      ended = true
    })
    while (!ended) {
      if (await greets(imapPort, folder.path)) return { child, imapsPort, imapPort }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const log = await readFile(at('log'), 'utf8').catch(() => '')
    throw new Error(`Dovecot did not start: ${child.output()}${log}`)
  }
  // A port may be taken between our look and Dovecot's bind.
  const { child, imapsPort, imapPort } = await start().catch(start)

  const reader = (one: TestUser) =>
    createMailboxReader({ host: 'localhost', port: imapsPort, secure: true, ca: authority.ca, ...one })

  return {
    host: 'localhost',
    imapsPort,
    imapPort,
    lmtpPath: at('lmtp'),
    alice,
    bob,
    users: [alice, bob],
    ca: authority.ca,
    caPath: authority.caPath,
    authority,
    pid: child.pid,
    reader,
    async appendRaw(one, mailbox, raw, flags = []) {
      const [uid = 0] = await reader(one).append(mailbox, [raw], flags)
      return uid
    },
    async rawLog(one) {
      const files = (await readdir(at(`rawlog/${one.login}`))).filter((name) => name.endsWith('.in'))
      const texts = await Promise.all(
        files.map((name) => readFile(at(`rawlog/${one.login}/${name}`), 'latin1')),
      )
      // Dovecot puts the time before every line.
      const begunAt = (text: string) => Number(/^\d+\.\d+/.exec(text)?.[0] ?? 0)
      return texts
        .sort((one, other) => begunAt(one) - begunAt(other))
        .map((text) => text.replace(/^\d+\.\d+ /gm, ''))
    },
    log: () => readFile(at('log'), 'utf8'),
    async stop() {
      await child.stop()
      await authority.remove()
      await folder.remove()
    },
  }
}

/** Whether the port greets as this server does. */
function greets(port: number, folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (chunk) => settle(chunk.toString().includes(folder)))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
