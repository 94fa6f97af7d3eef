import { describe, expect, test } from 'vitest'
import type { MailServer, TlsMode } from '../../src/account.ts'
import { createHostPolicy, type MailProtocol } from '../../src/connect/host-policy.ts'
import { MailError } from '../../src/mail-error.ts'

const live = new AbortController().signal
const answering = (...addresses: string[]) => createHostPolicy({ resolve: async () => addresses })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error instanceof MailError ? error.code : error),
  )

describe('hosts', () => {
  test('R33: every public answer is handed on, in order', async () => {
    await expect(answering('9.9.9.9', '2606:4700::1').resolve('imap.example.com', live)).resolves.toEqual([
      '9.9.9.9',
      '2606:4700::1',
    ])
  })

  test.each([
    [['9.9.9.9', '127.0.0.1']],
    [['127.0.0.1', '9.9.9.9']],
    [['9.9.9.9', '::ffff:10.0.0.1']],
    [['9.9.9.9', 'internal.example']],
  ])('R33: one bad answer refuses all of %j', async (addresses) => {
    expect(await codeOf(answering(...addresses).resolve('imap.example.com', live))).toBe('host_unreachable')
  })

  describe('of an organisation, which its deployment names', () => {
    const policy = (address: string) =>
      createHostPolicy({ resolve: async () => [address], internalHosts: ['imap.corp.example'] })
    test.each(['10.1.2.3', '172.31.0.1', '192.168.7.7', 'fd12:3456::1', '9.9.9.9'])(
      'may be at %s, whatever its case, and no other host may',
      async (address) => {
        for (const host of ['imap.corp.example', 'IMAP.Corp.Example'])
          expect(await codeOf(policy(address).resolve(host, live))).toBe('resolved')
        const others = await codeOf(policy(address).resolve('imap.else.example', live))
        expect(others).toBe(address === '9.9.9.9' ? 'resolved' : 'host_unreachable')
      },
    )
    test.each([
      ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '169.254.169.254', '169.254.169.253', '169.254.170.2'],
      ...['100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::1', '::ffff:10.0.0.1', '::10.0.0.1'],
      ...[
        'fe80::1',
        'fd00:ec2::254',
        'fd00:ec2::23',
        'fd12::1%eth0',
        '64:ff9b::a00:1',
        '2002:a00:1::',
        'ff02::1',
      ],
    ])('R72: is never reached at %s', async (address) => {
      expect(await codeOf(policy(address).resolve('imap.corp.example', live))).toBe('host_unreachable')
    })
    test('R34: on no other port', () => {
      for (const port of [22, 25, 80, 443, 8080])
        expect(() =>
          policy('10.0.0.1').checkPort({ host: 'imap.corp.example', port, tls: 'implicit' }, 'imap'),
        ).toThrow(MailError)
    })
  })

  test('R33: the name is resolved again each time, so a rebinding name is caught', async () => {
    const answers = [['9.9.9.9'], ['169.254.169.254']]
    const policy = createHostPolicy({ resolve: async () => answers.shift() ?? [] })
    expect(await codeOf(policy.resolve('rebind.example.com', live))).toBe('resolved')
    expect(await codeOf(policy.resolve('rebind.example.com', live))).toBe('host_unreachable')
  })

  test('R40: refused, unknown and empty answers are one error, the same in every visible property', async () => {
    const failing = createHostPolicy({
      resolve: async () => {
        throw new Error('ENOTFOUND')
      },
    })
    const visible = async (work: Promise<unknown>) => {
      const error = await work.catch((thrown: unknown) => thrown)
      if (!(error instanceof MailError)) throw new Error('not a MailError')
      return { message: error.message, code: error.code, field: error.field, protocol: error.protocol }
    }
    const refused = await visible(answering('10.0.0.1').resolve('a.example', live))
    expect(await visible(failing.resolve('a.example', live))).toEqual(refused)
    expect(await visible(answering().resolve('a.example', live))).toEqual(refused)
    expect(await visible(createHostPolicy().resolve('10.0.0.1', live))).toEqual(refused)
  })

  test.each([
    ...[
      '0x7f.0.0.1',
      '0177.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '127.0.0.0x1',
      '1.2.3.256',
      '017700000001',
    ],
    ...[
      '[::1]',
      'fe80::1%lo',
      'a b.example',
      'a..example',
      '.example',
      'example.',
      '-a.example',
      'a-.example',
      '',
    ],
    ...[
      'exa\u0000mple.com',
      'example.com\r\nx',
      'user@example.com',
      'example.com:993',
      'example.com/x',
      'exämple.de',
    ],
    ...[
      '127。0。0。1',
      '①②⑦.0.0.1',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(127)}example`,
      '%31%32%37.1',
    ],
  ])('R32: the host %j is refused before it is resolved', async (host) => {
    let asked = 0
    const policy = createHostPolicy({
      resolve: async () => {
        asked += 1
        return ['9.9.9.9']
      },
      allowPrivate: true,
    })
    expect(await codeOf(policy.resolve(host, live))).toBe('invalid_input')
    expect(asked).toBe(0)
  })

  test('private addresses pass only where allowPrivate was given', async () => {
    const local = createHostPolicy({ allowPrivate: true })
    await expect(local.resolve('127.0.0.1', live)).resolves.toEqual(['127.0.0.1'])
    expect((await local.resolve('localhost', live)).length).toBeGreaterThan(0)
    expect(await codeOf(createHostPolicy().resolve('localhost', live))).toBe('host_unreachable')
  })
})

describe('ports', () => {
  const allowed = new Set([
    'imap 993 implicit',
    'imap 143 starttls',
    'smtp 465 implicit',
    'smtp 587 starttls',
  ])
  const ports = [993, 143, 465, 587, 25, 22, 80, 443, 6379, 0, -1, 65536, 993.5, Number.NaN]
  const rows = ports.flatMap((port) =>
    (['imap', 'smtp'] as MailProtocol[]).flatMap((protocol) =>
      (['implicit', 'starttls'] as TlsMode[]).map((tls) => ({ port, protocol, tls })),
    ),
  )

  test.each(rows)('R34: $protocol on $port with $tls', ({ port, protocol, tls }) => {
    const server: MailServer = { host: 'a.example', port, tls }
    const check = () => createHostPolicy().checkPort(server, protocol)
    if (allowed.has(`${protocol} ${port} ${tls}`)) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'invalid_input', field: `${protocol}_port` }))
  })

  test('R34: the local runner may use any real port', () => {
    const local = createHostPolicy({ allowPrivate: true })
    expect(() => local.checkPort({ host: 'a', port: 10143, tls: 'starttls' }, 'imap')).not.toThrow()
    expect(() => local.checkPort({ host: 'a', port: 0, tls: 'starttls' }, 'imap')).toThrow(MailError)
    expect(() => local.checkPort({ host: 'a', port: 70000, tls: 'starttls' }, 'imap')).toThrow(MailError)
  })
})
