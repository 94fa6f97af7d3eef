import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAdmitted, toEntry } from '../../src/admission.ts'
import { parseSettings, SettingsError, serverVariables, toAdmission } from '../../src/settings.ts'

const admission = (allowed: string, denied = '') =>
  toAdmission(
    parseSettings(serverVariables, {
      PUBLIC_URL: 'https://a.example',
      ALLOWED_ACCOUNTS: allowed,
      DENIED_ACCOUNTS: denied,
    }),
  )

describe('who may connect', () => {
  test('R71: an entry is an address, a domain or its subdomains; nothing else of an address decides', () => {
    const lists = admission('Ann@Example.com, firm.example *.corp.example @club.example')
    const allowed = (address: string) => isAdmitted(lists, { address })
    for (const address of [
      ...['ann@example.com', 'ANN@EXAMPLE.COM', ' ann@example.com. ', 'x@firm.example', 'x@club.example'],
      ...['x@a.corp.example', 'x@b.a.corp.example'],
    ])
      expect(allowed(address), address).toBe(true)
    for (const address of [
      ...['bob@example.com', 'x@sub.firm.example', 'x@firm.example.evil.example', 'x@corp.example'],
      ...[
        'ann@example.com@evil.example',
        'firm.example@evil.example',
        'x@evilcorp.example',
        'firm.example',
        '',
      ],
    ])
      expect(allowed(address), address).toBe(false)
  })

  test('R96: a denied address is refused in every spelling of its mailbox, and by its login', () => {
    const lists = admission('', 'ann.b@gmail.com bob@firm.example *.left.example müller.example')
    for (const account of [
      { address: 'annb@gmail.com' },
      { address: 'a.nn.b+x@googlemail.com' },
      { address: 'Bob+news@FIRM.example' },
      { address: 'somebody@else.example', login: 'bob@firm.example' },
      { address: 'x@sub.left.example' },
      { address: 'x@xn--mller-kva.example' },
      { address: 'x@MÜLLER.example' },
    ])
      expect(isAdmitted(lists, account), JSON.stringify(account)).toBe(false)
    for (const address of ['ann@gmail.com', 'bobby@firm.example', 'x@left.example', 'x@muller.example'])
      expect(isAdmitted(lists, { address }), address).toBe(true)
  })

  test('R96: the list of denied ones comes first', () => {
    const lists = admission('firm.example', 'ann@firm.example')
    expect(isAdmitted(lists, { address: 'bob@firm.example' })).toBe(true)
    expect(isAdmitted(lists, { address: 'ann@firm.example' })).toBe(false)
  })

  test('every fault of both lists is told at once, without a value', () => {
    const bad = 'canary@, *.  ann@*.example.com *@example.com example a..b'
    const parse = () => admission(bad, bad)
    expect(parse).toThrow(SettingsError)
    expect(parse).toThrow(/2 faults:\n- ALLOWED_ACCOUNTS must list .*\n- DENIED_ACCOUNTS must list /)
    expect(parse).not.toThrow(/canary/)
  })

  test('an entry has one spelling, and what it names is admitted by it', () => {
    const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
    const domain = fc.array(name, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(name, domain, (local, host) => {
        for (const text of [`${local}@${host}`, host, `@${host}`, `*.${host}`]) {
          const entry = toEntry(text)
          expect(entry && toEntry(entry.toUpperCase())).toBe(entry)
          const address = text.startsWith('*') ? `${local}@x.${host}` : `${local}@${host}`
          const lists = { allowedAccounts: [entry ?? ''], deniedAccounts: [] }
          expect(isAdmitted(lists, { address })).toBe(true)
          expect(isAdmitted({ allowedAccounts: [], deniedAccounts: [entry ?? ''] }, { address })).toBe(false)
        }
      }),
    )
  })
})
