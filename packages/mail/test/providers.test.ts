import { describe, expect, test } from 'vitest'
import { createHostPolicy } from '../src/connect/host-policy.ts'
import { assertHost } from '../src/input.ts'
import { filesSentCopy, findProvider, providers, suggestProvider } from '../src/providers.ts'

describe('providers', () => {
  test('are the seven of the sign-in form, in a fixed order', () => {
    expect(providers.map((provider) => provider.id)).toEqual([
      ...['gmail', 'icloud', 'outlook', 'yahoo', 'fastmail', 'protonmail', 'generic'],
    ])
  })

  test.each(providers)(
    'R34: $id has hosts and ports that the host policy lets through',
    ({ signIn, imap, smtp }) => {
      const policy = createHostPolicy({ allowPrivate: signIn === 'bridge' })
      for (const [server, protocol] of [[imap, 'imap'] as const, [smtp, 'smtp'] as const]) {
        if (server === undefined) continue
        expect(() => assertHost(server.host, 'host')).not.toThrow()
        expect(() => policy.checkPort(server, protocol)).not.toThrow()
      }
    },
  )

  test.each(providers.filter(({ signIn }) => signIn === 'app_password'))(
    '$id says where an app password is made',
    ({ appPasswordUrl }) => {
      expect(new URL(appPasswordUrl ?? '').protocol).toBe('https:')
    },
  )

  test('Outlook is offered by Microsoft sign-in only', () => {
    expect(findProvider('outlook')).toMatchObject({
      signIn: 'oauth',
      note: expect.stringContaining('September 2024'),
    })
  })

  test('are suggested by the address and never guessed', () => {
    expect(suggestProvider('a@GMAIL.com')).toBe('gmail')
    expect(suggestProvider('a@hotmail.com')).toBe('outlook')
    expect(suggestProvider('a@gmail.com.evil.example')).toBeUndefined()
    expect(findProvider('constructor')).toBeUndefined()
  })

  test('R57: who files the Sent copy is known by provider and by submission host', () => {
    const at = (host: string) => filesSentCopy({ provider: 'generic', smtp: { host } })
    expect([at('smtp.gmail.com'), at('SMTP.office365.com'), at('smtp-mail.outlook.com')]).toEqual([
      true,
      true,
      true,
    ])
    expect([at('smtp.mail.me.com'), at('smtp.gmail.com.example')]).toEqual([false, false])
    expect(filesSentCopy({ provider: 'icloud', smtp: { host: 'smtp.mail.me.com' } })).toBe(false)
  })
})
