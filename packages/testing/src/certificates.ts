/**
 * A certificate authority of our own and the server certificates tests need: the right name, a wrong one,
 * expired, not yet valid, self-signed. Made by the openssl command, since Node cannot mint certificates.
 * Keys are P-256 (generated in milliseconds) and live in a temporary folder until `remove()`.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTempFolder } from './temp-folder.ts'

const run = promisify(execFile)

export interface ServerCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

export interface CertificateRequest {
  /** Host names and IP addresses, all put into subjectAltName. */
  names: readonly string[]
  validFrom?: Date
  validTo?: Date
}

export interface CertificateAuthority {
  /** PEM, to be trusted by the client under test. */
  readonly ca: string
  /** A file with the same, for NODE_EXTRA_CA_CERTS. */
  readonly caPath: string
  issue(request: CertificateRequest): Promise<ServerCertificate>
  remove(): Promise<void>
}

/** The names every test server answers to. */
export const testHosts = ['mail.test.example', 'localhost', '127.0.0.1'] as const

const dayMs = 86_400_000
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
/** The form `openssl ca` takes: YYYYMMDDHHMMSSZ. */
const toOpenSslTime = (date: Date) => `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
const toAltNames = (names: readonly string[]) =>
  names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',')

export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const folder = createTempFolder('ca')
  const at = (name: string) => join(folder.path, name)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder.path })
  let issued = 0

  await openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '30'],
    ...['-subj', '/CN=Test authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  )

  return {
    ca: await readFile(at('ca.crt'), 'utf8'),
    caPath: at('ca.crt'),
    async issue({ names, validFrom, validTo }) {
      issued += 1
      const name = `server${issued}`
      await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
      // A database per certificate: `openssl ca` is then safe to run in parallel.
      await writeFile(at(`${name}.txt`), '')
      await writeFile(
        at(`${name}.cnf`),
        [
          '[ca]\ndefault_ca=this',
          `[this]\ndatabase=${name}.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256`,
          'certificate=ca.crt\nprivate_key=ca.key\npolicy=any\nx509_extensions=server',
          '[any]\ncommonName=optional',
          `[server]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${toAltNames(names)}`,
        ].join('\n'),
      )
      await openssl(
        ...['ca', '-batch', '-notext', '-config', `${name}.cnf`, '-in', `${name}.csr`, '-out', `${name}.crt`],
        ...['-startdate', toOpenSslTime(validFrom ?? new Date(Date.now() - dayMs))],
        ...['-enddate', toOpenSslTime(validTo ?? new Date(Date.now() + 20 * dayMs))],
      )
      return {
        cert: await readFile(at(`${name}.crt`), 'utf8'),
        key: await readFile(at(`${name}.key`), 'utf8'),
      }
    },
    remove: () => folder.remove(),
  }
}

/** One authority and every kind of certificate R35 asks about. */
export async function createCertificateSet() {
  const authority = await createCertificateAuthority()
  const [good, wrongName, expired, notYetValid, selfSigned] = await Promise.all([
    authority.issue({ names: testHosts }),
    authority.issue({ names: ['elsewhere.example'] }),
    authority.issue({
      names: testHosts,
      validFrom: new Date(Date.now() - 9 * dayMs),
      validTo: new Date(Date.now() - dayMs),
    }),
    authority.issue({ names: testHosts, validFrom: new Date(Date.now() + 5 * dayMs) }),
    createSelfSigned(testHosts),
  ])
  return { authority, ca: authority.ca, good, wrongName, expired, notYetValid, selfSigned }
}

export async function createSelfSigned(names: readonly string[]): Promise<ServerCertificate> {
  const folder = createTempFolder('self')
  await run(
    'openssl',
    [
      ...['req', '-x509', ...newKey, '-keyout', 'key', '-out', 'cert', '-days', '20', '-subj', '/CN=self'],
      ...['-addext', `subjectAltName=${toAltNames(names)}`],
    ],
    { cwd: folder.path },
  )
  const cert = await readFile(join(folder.path, 'cert'), 'utf8')
  const key = await readFile(join(folder.path, 'key'), 'utf8')
  await folder.remove()
  return { cert, key }
}
