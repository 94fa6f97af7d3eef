import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dovecot, findDovecot, startDovecot } from '../src/dovecot.ts'
import { germanFolders } from '../src/dovecot-configuration.ts'
import { createMailboxReader } from '../src/mailbox-reader.ts'

/** The processes below this one, by walking the parents in /proc. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (one: number): number[] =>
    [...parents].filter(([, parent]) => parent === one).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

/** Sends lines one by one, each after the answer to the one before; what came back. */
function talk(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const rest = [...lines]
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk.toString()
      const next = rest.shift()
      if (next === undefined) socket.end()
      else socket.write(`${next}\r\n`)
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
  })
}

describe.skipIf(!findDovecot())('Dovecot', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
  })
  afterAll(() => dovecot.stop())

  test('keeps a message byte for byte, with its flags, in a special-use folder', async () => {
    const raw = 'Subject: kept\r\n\r\n\xe4 body\r\n'
    const uid = await dovecot.appendRaw(dovecot.alice, 'Archive', Buffer.from(raw, 'latin1'), ['\\Flagged'])
    const [message] = await dovecot.reader(dovecot.alice).messages('Archive')
    expect(message).toMatchObject({ uid, subject: 'kept' })
    expect(message?.raw.toString('latin1')).toBe(raw)
    expect(message?.flags).toContain('\\Flagged')
    const listed = await dovecot.reader(dovecot.alice).mailboxes()
    expect(listed.find(({ path }) => path === 'Archive')).toMatchObject({
      specialUse: '\\Archive',
      total: 1,
      unread: 1,
    })
  })

  test('shows the commands a client sent', async () => {
    await dovecot.reader(dovecot.bob).messages('INBOX')
    expect((await dovecot.rawLog(dovecot.bob)).at(-1)).toMatch(/^\w+ EXAMINE INBOX\r$/m)
  })

  test('upgrades with STARTTLS to a certificate of its own authority', async () => {
    const server = { host: 'localhost', port: dovecot.imapPort, secure: false, ca: dovecot.ca }
    const listed = await createMailboxReader({ ...server, ...dovecot.alice }).mailboxes()
    expect(listed.length).toBe(6)
    expect(await dovecot.log()).toMatch(/Login: user=<alice@test\.example>.*TLS/)
  })

  test('answers wrong passwords at once, again and again', async () => {
    const server = { host: 'localhost', port: dovecot.imapsPort, secure: true, ca: dovecot.ca }
    const started = Date.now()
    for (let attempt = 0; attempt < 5; attempt++) {
      const reader = createMailboxReader({ ...server, login: dovecot.alice.login, password: 'wrong' })
      await expect(reader.mailboxes()).rejects.toMatchObject({ authenticationFailed: true })
    }
    // Five penalties would be over 30 s.
    expect(Date.now() - started).toBeLessThan(10_000)
  })

  test('leaves no process behind', async () => {
    const other = await startDovecot()
    await other.reader(other.alice).mailboxes()
    const started = [other.pid, ...descendants(other.pid)]
    expect(started.length).toBeGreaterThan(4)
    await other.stop()
    const isAlive = (pid: number) => readdirSync('/proc').includes(String(pid))
    await expect.poll(() => started.filter(isAlive)).toEqual([])
  })

  test('can put folders below INBOX., name them in German and say little of itself', async () => {
    const host = await startDovecot({
      prefix: 'INBOX.',
      capabilities: 'IMAP4rev1 UIDPLUS',
      folders: germanFolders,
    })
    try {
      expect(await talk(host.imapPort, ['a CAPABILITY'])).toContain('* CAPABILITY IMAP4rev1 UIDPLUS')
      const listed = await host.reader(host.alice).mailboxes()
      expect(listed.map(({ path }) => path).sort()).toEqual(
        ['INBOX', ...germanFolders.map(({ name }) => `INBOX.${name}`)].sort(),
      )
      const reader = host.reader(host.alice)
      await reader.createMailbox('INBOX.Kunden')
      expect((await reader.mailboxes()).map(({ path }) => path)).toContain('INBOX.Kunden')
    } finally {
      await host.stop()
    }
  })

  test('can be full', async () => {
    const host = await startDovecot({ quotaBytes: 64 * 1024 })
    try {
      const large = `Subject: large\n\n${'x'.repeat(70 * 1024)}\n`
      await expect(host.appendRaw(host.alice, 'INBOX', large)).rejects.toMatchObject({
        serverResponseCode: 'OVERQUOTA',
      })
      expect(await host.appendRaw(host.alice, 'INBOX', 'Subject: small\n\nx\n')).toBe(1)
    } finally {
      await host.stop()
    }
  })
})
