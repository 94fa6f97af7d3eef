/**
 * A real Courier IMAP 5.0 (Debian's, unpacked by scripts/unpack-mail-servers.sh) on loopback for one test file. Its
 * paths are compiled in, so it gets a root folder of its own (chroot: this takes root) and never sees the system's.
 * Folders stand below `INBOX.`; no MOVE, SPECIAL-USE, LITERAL+, ESEARCH; a wrong password is answered after seconds.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createCertificateAuthority, testHosts } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { findUnpacked, type RealImapServer, testUser, untilGreeted, untilReady } from './imap-server.ts'
import { createMailboxReader } from './mailbox-reader.ts'
import { createTempFolder } from './temp-folder.ts'
import { startTiedProcess } from './tied-process.ts'

export interface CourierProfile {
  /** false: as Courier before 4.18, and many hosts since, which leave UIDPLUS out. Default true. */
  uidPlus?: boolean
}

const alice = testUser('alice', 'wonder land 1')
const bob = testUser('bob', 'bobs-Passw0rd')
const mailUid = 20_143
const capabilities = 'CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN'
const authdaemonPath = 'usr/lib/courier/courier-authlib/authdaemond'
const makeDatabase = 'usr/lib/courier/courier-authlib/makedatprog'
/** Without it every session begins with a second's wait for it. */
const fileWatchPath = 'usr/libexec/gam_server'
const programs = [
  ...['usr/sbin/couriertcpd', 'usr/bin/couriertls', 'usr/lib/courier/courier/imaplogin', 'usr/bin/imapd'],
  ...[
    authdaemonPath,
    'usr/lib/courier-authlib/libauthuserdb.so',
    makeDatabase,
    'usr/bin/maildirmake.courier',
  ],
  fileWatchPath,
]

/** Undefined where it is not unpacked or may not run, so that a test can say that it was not run. */
export function findCourier(): string | undefined {
  return process.getuid?.() === 0 ? findUnpacked('courier', authdaemonPath) : undefined
}

export async function startCourier(profile: CourierProfile = {}): Promise<RealImapServer> {
  const unpacked = findCourier()
  if (!unpacked)
    throw new Error('Courier is not unpacked (scripts/unpack-mail-servers.sh) or this is not root')
  const folder = createTempFolder('courier')
  const at = (name: string) => join(folder.path, name)
  const authority = await createCertificateAuthority()
  const { cert, key } = await authority.issue({ names: testHosts })

  execFileSync('cp', ['-a', `${unpacked}/.`, folder.path])
  await copySystemLibraries(unpacked, folder.path)
  for (const name of ['run/courier/authdaemon', 'dev', 'home', 'tmp'])
    await mkdir(at(name), { recursive: true })
  // Only ever opened to be empty; a device would need one more right.
  await writeFile(at('dev/null'), '', { mode: 0o666 })
  execFileSync('chmod', ['1777', at('tmp')])
  await writeFile(at('etc/courier/imapd.pem'), cert + key, { mode: 0o600 })
  await writeFile(at('etc/courier/authdaemonrc'), authdaemonSettings)
  await writeFile(at('etc/passwd'), `mail:x:${mailUid}:${mailUid}::/home:/\n`)
  writeUsers(folder.path)

  const inRoot = (program: string, args: readonly string[] = [], env = {}, user = '0') =>
    startTiedProcess(
      '/usr/sbin/chroot',
      [`--userspec=${user}:${user}`, folder.path, `/${program}`, ...args],
      {
        env,
        cwd: '/',
      },
    )
  const authdaemon = inRoot(authdaemonPath)
  // A login before it listens is "Temporary problem", and a closed connection.
  await untilReady(authdaemon, () => existsSync(at('run/courier/authdaemon/socket')))
  // Its socket's name is one for the whole machine.
  const watchName = basename(folder.path)
  const fileWatch = inRoot(fileWatchPath, ['--notimeout', watchName], {}, String(mailUid))
  const start = async () => {
    const [imapsPort = 0] = await freePorts(1)
    const listen = ['-address=127.0.0.1', '-maxprocs=100', '-maxperip=100', '-nodnslookup', '-noidentlookup']
    const serve = ['/usr/bin/couriertls', '-server', '-tcpd', '/usr/lib/courier/courier/imaplogin']
    const child = inRoot(
      'usr/sbin/couriertcpd',
      [...listen, String(imapsPort), ...serve, '/usr/bin/imapd', 'Maildir'],
      settings(profile, watchName),
    )
    await untilGreeted(imapsPort, child)
    return { child, imapsPort }
  }
  // A port may be taken between our look and Courier's bind.
  const { child, imapsPort } = await start().catch(start)

  const reader: RealImapServer['reader'] = (user) =>
    createMailboxReader({ host: 'localhost', port: imapsPort, secure: true, ca: authority.ca, ...user })
  for (const user of [alice, bob])
    for (const name of ['Drafts', 'Sent', 'Trash', 'Junk', 'Archive']) await reader(user).createMailbox(name)
  return {
    host: 'localhost',
    imapsPort,
    alice,
    bob,
    users: [alice, bob],
    ca: authority.ca,
    caPath: authority.caPath,
    authority,
    pid: child.pid,
    reader,
    async appendRaw(user, mailbox, raw, flags = []) {
      const [uid = 0] = await reader(user).append(mailbox, [raw], flags)
      return uid
    },
    log: async () => authdaemon.output() + child.output(),
    async stop() {
      await child.stop()
      await authdaemon.stop()
      await fileWatch.stop()
      await authority.remove()
      await folder.remove()
    },
  }
}

const authdaemonSettings = `authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=2
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
`

function settings({ uidPlus = true }: CourierProfile, watchName: string) {
  return {
    GAM_CLIENT_ID: watchName,
    IMAP_TLS: '1',
    TLS_CERTFILE: '/etc/courier/imapd.pem',
    TLS_VERIFYPEER: 'NONE',
    IMAP_CAPABILITY: `IMAP4rev1 ${uidPlus ? 'UIDPLUS ' : ''}${capabilities}`,
    IMAP_KEYWORDS: '1',
    IMAP_ACL: '0',
    IMAP_USELOCKS: '1',
    IMAP_ENHANCEDIDLE: '0',
    IMAP_UMASK: '022',
    IMAP_TRASHFOLDERNAME: 'Trash',
    IMAP_IDLE_TIMEOUT: '60',
  }
}

/** To the same paths below the new root. */
async function copySystemLibraries(unpacked: string, root: string): Promise<void> {
  const directories = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib']
  const env = { ...process.env, LD_LIBRARY_PATH: directories.map((name) => join(unpacked, name)).join(':') }
  const listed = programs.map((name) =>
    execFileSync('ldd', [join(unpacked, name)], { encoding: 'utf8', env }),
  )
  const paths = new Set(listed.join('').match(/\/\S+/g))
  for (const path of paths) {
    if (path.startsWith(unpacked)) continue
    await mkdir(dirname(join(root, path)), { recursive: true })
    await cp(path, join(root, path), { dereference: true })
  }
}

function writeUsers(root: string): void {
  const inRoot = (program: string, args: readonly string[], input = '') =>
    execFileSync('/usr/sbin/chroot', [root, `/${program}`, ...args], { input, env: {} })
  const rows = (fields: (name: string, password: string) => string) =>
    [alice, bob].map(({ login, password }) => `${login}\t${fields(login, password)}\n`).join('')
  const account = (name: string) =>
    `uid=${mailUid}|gid=${mailUid}|home=/home/${name}|mail=/home/${name}/Maildir|_=`
  const secret = (_name: string, password: string) =>
    `systempw={SHA256}${createHash('sha256').update(password).digest('base64')}`
  for (const [file, content] of [
    ['userdb', rows(account)],
    ['userdbshadow', rows(secret)],
  ] as const) {
    const path = `/etc/courier/${file}`
    inRoot(makeDatabase, ['-', `${path}.tmp`, `${path}.dat`], `${content}.\n`)
  }
  for (const { login } of [alice, bob]) {
    execFileSync('mkdir', [join(root, 'home', login)])
    inRoot('usr/bin/maildirmake.courier', [`/home/${login}/Maildir`])
  }
  execFileSync('chown', ['-R', `${mailUid}:${mailUid}`, join(root, 'home')])
}
