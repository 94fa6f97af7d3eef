/** R59: a million messages, a message of 50 MB, an attachment of 25 MB: what the client holds, and what it asks for. */
import { fileURLToPath } from 'node:url'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createLargeMailbox,
  type LargeMailboxOptions,
  type ServerCertificate,
  startScriptedImap,
  startTiedProcess,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const megabyte = 1024 * 1024
const bareServer = 'IMAP4rev1 UIDPLUS MOVE LITERAL+'
const goodServer = `${bareServer} ESEARCH`

describe('R59: memory and bytes', () => {
  let authority: CertificateAuthority
  let certificate: ServerCertificate
  beforeAll(async () => {
    authority = await createCertificateAuthority()
    certificate = await authority.issue({ names: testHosts })
  })
  afterAll(() => authority.remove())

  async function measure(work: string, mailbox: LargeMailboxOptions, capabilities: string) {
    const large = createLargeMailbox(mailbox)
    const server = await startScriptedImap({
      tls: 'implicit',
      certificate,
      capabilities,
      mailboxes: [large.mailbox],
      handlers: large.handlers,
    })
    const probe = fileURLToPath(new URL('./memory-probe.ts', import.meta.url))
    const args = ['--import', 'tsx', probe, work, String(server.port), authority.ca]
    const child = startTiedProcess(process.execPath, args)
    await child.ended
    await server.stop()
    const [json] = /\{.*"peakBytes".*\}/.exec(child.output()) ?? expect.fail(child.output())
    const { result, peakBytes }: { result: number; peakBytes: number } = JSON.parse(json)
    console.info(`${work}: ${Math.round(peakBytes / megabyte)} MB held, ${large.bytesSent()} bytes read`)
    return { result, peakBytes, bytes: large.bytesSent() }
  }

  const million = { exists: 1_000_000 }
  const bigMessage = { exists: 3, attachmentBytes: 37 * megabyte }
  // The made-up attachment ends with a full line of base64.
  const bigAttachment = { exists: 3, attachmentBytes: 57 * 460_000 }

  test.each([
    { work: 'recent', of: million, on: bareServer, result: 50, maxBytes: 100_000 },
    { work: 'unread', of: million, on: bareServer, result: 50, maxBytes: 200_000 },
    // A plain server lists every match, 7 MB of numbers: the newest window is enough here.
    { work: 'searchAll', of: million, on: bareServer, result: 50, maxBytes: 300_000 },
    { work: 'searchAll', of: million, on: goodServer, result: 50, maxBytes: 9 * megabyte },
    { work: 'get', of: bigMessage, on: goodServer, result: 18, maxBytes: 20_000 },
    { work: 'attachment', of: bigAttachment, on: goodServer, result: 57 * 460_000, maxBytes: 36 * megabyte },
  ])(
    '$work stays below 300 MB and fetches only what it needs',
    async ({ work, of, on, result, maxBytes }) => {
      const seen = await measure(work, of, on)
      expect(seen.result).toBe(result)
      expect(seen.bytes).toBeLessThan(maxBytes)
      expect(seen.peakBytes).toBeLessThan(300 * megabyte)
    },
  )
})
