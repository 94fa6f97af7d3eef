/**
 * A real Cyrus IMAP 3.6 (Debian's, unpacked by scripts/unpack-mail-servers.sh) on loopback for one test file: own
 * ports, folder, users and CA. Folders stand below `INBOX.`; capabilities come in full only after login.
 */
import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createCertificateAuthority, testHosts } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { findUnpacked, type RealImapServer, testUser, untilGreeted } from './imap-server.ts'
import { createMailboxReader } from './mailbox-reader.ts'
import { createTempFolder } from './temp-folder.ts'
import { startTiedProcess } from './tied-process.ts'

const folders = ['Drafts', 'Sent', 'Trash', 'Junk', 'Archive']
/** The domain that the address of a login loses, and what SASL puts in its place: the server's name. */
const domain = 'test.example'
const realm = 'localhost'
const alice = testUser('alice', 'wonder land 1')
const bob = testUser('bob', 'bobs-Passw0rd')

/** Undefined where it is not unpacked, so that a test can say that it was not run. */
export function findCyrus(): string | undefined {
  return findUnpacked('cyrus', 'usr/lib/cyrus/bin/imapd')
}

export async function startCyrus(): Promise<RealImapServer> {
  const cached = findCyrus()
  if (!cached) throw new Error('Cyrus is not unpacked: run scripts/unpack-mail-servers.sh')
  const folder = createTempFolder('cyrus')
  const at = (name: string) => join(folder.path, name)
  const authority = await createCertificateAuthority()
  const { cert, key } = await authority.issue({ names: testHosts })
  // As root it insists on becoming someone else; this account is on every Debian.
  const asRoot = process.getuid?.() === 0
  const owner = asRoot ? 'mail' : userInfo().username

  // The account it becomes may not be able to enter the folder of the project; it can enter this one.
  const unpacked = asRoot ? at('programs') : cached
  if (asRoot) await cp(cached, unpacked, { recursive: true, verbatimSymlinks: true })
  const program = (name: string) => join(unpacked, name)
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib']
  const env = {
    PATH: process.env.PATH,
    LD_LIBRARY_PATH: libraries.map(program).join(':'),
    SASL_PATH: `/usr/lib/x86_64-linux-gnu/sasl2:${program('usr/lib/x86_64-linux-gnu/sasl2')}`,
  }
  for (const name of ['state', 'mail', 'run']) await mkdir(at(name))
  await writeFile(at('cert.pem'), cert)
  await writeFile(at('key.pem'), key)
  await writeFile(at('imapd.conf'), configuration(folder.path, owner))
  for (const { login, password } of [alice, bob]) {
    const user = login.replace(`@${domain}`, '')
    execFileSync(program('usr/sbin/saslpasswd2'), ['-p', '-c', '-f', at('sasldb2'), '-u', realm, user], {
      input: password,
      env,
    })
  }
  await chmod(folder.path, 0o755)
  if (asRoot) execFileSync('chown', ['-R', owner, folder.path])

  const start = async () => {
    const [imapsPort = 0] = await freePorts(1)
    await writeFile(at('cyrus.conf'), services(program('usr/lib/cyrus/bin'), at('imapd.conf'), imapsPort))
    const child = startTiedProcess(
      program('usr/lib/cyrus/bin/master'),
      ['-C', at('imapd.conf'), '-M', at('cyrus.conf'), '-p', at('pid'), '-D'],
      { env },
    )
    await untilGreeted(imapsPort, child)
    return { child, imapsPort }
  }
  // A port may be taken between our look and Cyrus's bind.
  const { child, imapsPort } = await start().catch(start)

  const reader: RealImapServer['reader'] = (user) =>
    createMailboxReader({ host: 'localhost', port: imapsPort, secure: true, ca: authority.ca, ...user })
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
    log: () => readFile(at('log'), 'utf8').catch(() => child.output()),
    async stop() {
      await child.stop()
      await authority.remove()
      await folder.remove()
    },
  }
}

function configuration(folder: string, owner: string): string {
  return `
servername: ${realm}
virtdomains: userid
defaultdomain: ${domain}
configdirectory: ${folder}/state
defaultpartition: default
partition-default: ${folder}/mail
proc_path: ${folder}/run/proc
mboxname_lockpath: ${folder}/run/lock
cyrus_user: ${owner}
altnamespace: no
unixhierarchysep: no
autocreate_quota: 0
autocreate_inbox_folders: ${folders.join('|')}
${folders.map((name) => `xlist-${name.toLowerCase()}: ${name}`).join('\n')}
allowplaintext: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${folder}/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: ${folder}/cert.pem
tls_server_key: ${folder}/key.pem
tls_session_timeout: 0
failedloginpause: 0
`
}

function services(programs: string, configuration: string, imapsPort: number): string {
  return `
START {
  recover cmd="${programs}/ctl_cyrusdb -C ${configuration} -r"
}
SERVICES {
  imaps cmd="${programs}/imapd -C ${configuration} -s" listen="127.0.0.1:${imapsPort}" prefork=1
}
EVENTS {
}
`
}
