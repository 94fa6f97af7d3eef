/** S/MIME content as openssl wraps it: the bytes that come out are those that went in, and cut or random ones never throw. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTempFolder } from '@email-connector/testing'
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { openCms } from '../../src/mime/signed-data.ts'
import { openTnef } from '../../src/mime/tnef.ts'
import { tnef } from '../reading/tnef-builder.ts'

const folder = createTempFolder('cms')
const at = (name: string) => join(folder.path, name)
/** More than one piece of a streamed string. */
const content = Buffer.from(`Content-Type: text/plain\r\n\r\n${'gate opens at 6\r\n'.repeat(20_000)}`)
const openssl = (...words: string[]) =>
  execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'ignore'] })
const cms = (...words: string[]) => openssl('cms', ...words, '-binary', '-in', at('in'), '-outform', 'DER')

describe('R62: CMS', () => {
  beforeAll(() => {
    writeFileSync(at('in'), content)
    const key = ['-keyout', at('k.pem'), '-out', at('c.pem')]
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=a', ...key)
  })

  test.each([
    ['DER', []],
    ['BER in pieces of no stated length', ['-stream']],
  ])('signed data in %s', (_name, more) => {
    const signed = cms('-sign', '-nodetach', ...more, '-signer', at('c.pem'), '-inkey', at('k.pem'))
    const opened = openCms(signed)
    expect(typeof opened === 'object' && opened.content.equals(content)).toBe(true)
    for (let length = 0; length < signed.length; length += 997) openCms(signed.subarray(0, length))
  })

  test('encrypted data is told apart', () => {
    const sealed = openssl('cms', '-encrypt', '-binary', '-in', at('in'), '-outform', 'DER', at('c.pem'))
    expect(openCms(sealed)).toBe('encrypted')
  })

  test('R77: half a megabyte of nothing before a letter costs less than a second', async () => {
    const content = tnef({ body: `${'\0'.repeat(500_000)}x` })
    expect(await leastCpuMs(1_000, () => openTnef(content, '1~'))).toBeLessThan(1_000)
  })

  test('R102: no bytes throw, as CMS or as winmail.dat', () => {
    const whole = tnef({ body: 'text', files: [{ name: 'a', content: 'b' }] })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length - 1), (random, place) => {
        openCms(Buffer.from([0x30, 0x80, ...random]))
        const spoilt = Buffer.from(whole)
        spoilt.set(random.subarray(0, whole.length - place), place)
        openTnef(spoilt, '1~')
        openTnef(whole.subarray(0, place), '1~')
      }),
      { numRuns: 2_000 },
    )
  })
})
