/**
 * What every real IMAP server of the tests offers, of every maker: a suite that takes this runs on all of them.
 * The users are the same everywhere; what they log in with is the server's own.
 */
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { CertificateAuthority } from './certificates.ts'
import type { MailboxReader } from './mailbox-reader.ts'
import type { TiedProcess } from './tied-process.ts'

export interface TestUser {
  readonly address: string
  readonly login: string
  readonly password: string
}

export interface RealImapServer {
  readonly host: 'localhost'
  /** TLS from the first byte. */
  readonly imapsPort: number
  readonly alice: TestUser
  readonly bob: TestUser
  readonly users: readonly TestUser[]
  /** PEM of the authority the server's certificate is from. */
  readonly ca: string
  readonly caPath: string
  readonly authority: CertificateAuthority
  readonly pid: number
  /** An independent view of one user's mailbox. */
  reader(user: TestUser): MailboxReader
  /** Puts a message as it is into a mailbox; the UID it got. */
  appendRaw(user: TestUser, mailbox: string, raw: string | Buffer, flags?: readonly string[]): Promise<number>
  log(): Promise<string>
  stop(): Promise<void>
}

export function testUser(name: string, password: string): TestUser {
  const address = `${name}@test.example`
  return { address, login: address, password }
}

/** Where scripts/unpack-mail-servers.sh puts a package; undefined where it has not. */
export function findUnpacked(name: string, program = ''): string | undefined {
  const root = fileURLToPath(new URL('../../../node_modules/.cache/test-servers/', import.meta.url))
  return existsSync(join(root, name, program)) ? join(root, name) : undefined
}

/** Resolves once the TLS port greets, throws with what `program` said if it ends before. */
export async function untilGreeted(port: number, program: TiedProcess): Promise<void> {
  await untilReady(program, () => greets(port))
}

/** Throws what the program said where it ends before. */
export async function untilReady(program: TiedProcess, isReady: () => Promise<boolean> | boolean) {
  let ended = false
  void program.ended.then(() => {
    ended = true
  })
  while (!ended) {
    if (await isReady()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the server did not start: ${program.output()}`)
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Whether it may be trusted is what the tests are about.
    const socket = connectTls({ socket: connect(port, '127.0.0.1'), rejectUnauthorized: false })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (chunk) => settle(chunk.toString().startsWith('* OK')))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
