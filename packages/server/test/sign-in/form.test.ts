/** The form's own checks, where nothing behind it would refuse the same. */
import { providers } from '@email-connector/mail'
import { describe, expect, test } from 'vitest'
import { parseMailbox, parsePermission } from '../../src/sign-in/form.ts'

describe('what the app asked for bounds what may be granted', () => {
  test.each(['write', 'send'])('%s is refused when only reading was asked', (permission) => {
    const fields = new Map([['permission', permission]])
    expect(parsePermission(fields, false)).toEqual({
      faults: [{ field: 'permission', message: 'The app asked only to read mail. Choose “Read only”.' }],
    })
    expect(parsePermission(fields, true)).toEqual({ parsed: permission })
  })
})

describe('a port goes with one kind of encryption', () => {
  const typed = {
    ...{ provider: 'generic', address: 'ann@test.example', password: 'any' },
    ...{ imap_host: 'imap.test.example', imap_port: '993', imap_tls: 'true' },
    ...{ smtp_host: 'smtp.test.example', smtp_port: '465', smtp_secure: 'true' },
  }
  const wrong: [changed: Record<string, string>, field: string, message: string][] = [
    [{ imap_tls: 'false' }, 'imap_tls', 'Port 993 for incoming mail (IMAP) goes with TLS.'],
    [{ imap_port: '143' }, 'imap_tls', 'Port 143 for incoming mail (IMAP) goes with STARTTLS.'],
    [{ smtp_secure: 'false' }, 'smtp_secure', 'Port 465 for outgoing mail (SMTP) goes with TLS.'],
    [{ smtp_port: '587' }, 'smtp_secure', 'Port 587 for outgoing mail (SMTP) goes with STARTTLS.'],
  ]
  describe.each([true, false])('private hosts allowed: %s', (privateHosts) => {
    test.each(wrong)('%j', (changed, field, message) => {
      const fields = new Map(Object.entries({ ...typed, ...changed }))
      expect(parseMailbox(fields, { providers, privateHosts, signIns: [] })).toEqual({
        faults: [{ field, message }],
      })
    })
  })
})
