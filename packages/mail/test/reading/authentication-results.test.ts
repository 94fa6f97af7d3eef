/** Whose word about a sender counts. */
import { describe, expect, test } from 'vitest'
import { parseAuthenticationResults, readAuthentication } from '../../src/reading/authentication-results.ts'

const gmail = { provider: 'gmail', imapHost: 'imap.gmail.com' } as const
const own =
  'mx.google.com; dkim=pass header.i=@bank.example; spf=fail smtp.mailfrom=x; dmarc=fail (p=NONE) header.from=bank.example'
const forged = 'mx.google.com.evil.example; dmarc=pass header.from=bank.example; spf=pass'

describe('Authentication-Results', () => {
  test("R50: only the provider's own topmost headers count", () => {
    const verdict = { dkim: 'pass', spf: 'fail', dmarc: 'fail' }
    expect(readAuthentication([own, forged], 'bank.example', gmail)).toEqual(verdict)
    expect(readAuthentication([own, own.replaceAll('fail', 'pass')], 'bank.example', gmail)).toEqual(verdict)
    expect(readAuthentication([forged, own], 'bank.example', gmail)).toBeUndefined()
    expect(readAuthentication([], 'bank.example', gmail)).toBeUndefined()
  })

  test('R50: a name in a comment or in quotes is no name, and a verdict on another domain is none on this', () => {
    const tricky = 'evil.example (mx.google.com; dmarc=pass); spf=pass'
    expect(readAuthentication([tricky], 'bank.example', gmail)).toBeUndefined()
    const other = 'mx.google.com; dmarc=pass header.from=evil.example'
    expect(readAuthentication([other], 'bank.example', gmail)).toBeUndefined()
    const quoted = 'mx.google.com; spf=fail reason="a; dmarc=pass; b (c"; dkim=none'
    expect(readAuthentication([quoted], 'bank.example', gmail)).toEqual({ spf: 'fail', dkim: 'none' })
  })

  test("R50: a name that only ends like the provider's is another's", () => {
    const dmarc = 'dmarc=pass header.from=bank.example'
    const verdict = (authservId: string, provider: 'gmail' | 'icloud') =>
      readAuthentication([`${authservId}; ${dmarc}`], 'bank.example', { provider, imapHost: 'imap.example' })
    expect(verdict('notmx.google.com', 'gmail')).toBeUndefined()
    expect(verdict('evilicloud.com', 'icloud')).toBeUndefined()
    expect(verdict('a.mx.google.com', 'gmail')).toEqual({ dmarc: 'pass' })
    expect(verdict('p1.icloud.com', 'icloud')).toEqual({ dmarc: 'pass' })
  })

  test('knows how each provider signs', () => {
    const cases = [
      ['icloud', 'imap.mail.me.com', 'dmarc.icloud.com; dmarc=pass header.from=a.example'],
      [
        'outlook',
        'outlook.office365.com',
        'spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=a.example; dmarc=pass action=none header.from=a.example;compauth=pass',
      ],
      [
        'fastmail',
        'imap.fastmail.com',
        'phl-mx-05.messagingengine.com; dmarc=pass (p=none) header.from=a.example',
      ],
      ['generic', 'mail.host.example', 'mx1.host.example 1; dmarc=pass header.from=a.example'],
    ] as const
    for (const [provider, imapHost, header] of cases) {
      expect(readAuthentication([header], 'a.example', { provider, imapHost })?.dmarc).toBe('pass')
    }
    expect(readAuthentication([cases[1][2]], 'a.example', gmail)).toBeUndefined()
    const neighbour = readAuthentication(['mx.evil.co.uk; dmarc=pass'], 'a.example', {
      provider: 'generic',
      imapHost: 'mail.host.co.uk',
    })
    expect(neighbour).toBeUndefined()
  })

  test('survives nonsense', () => {
    for (const header of [
      '',
      ';;;',
      '((((',
      '"',
      'mx.google.com; =; dkim',
      `mx.google.com; ${'('.repeat(9000)}`,
    ]) {
      expect(() => parseAuthenticationResults(header)).not.toThrow()
    }
  })
})
