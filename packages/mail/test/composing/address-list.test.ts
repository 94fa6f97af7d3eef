import { describe, expect, it } from 'vitest'
import { parseAddressList } from '../../src/composing/address-list.ts'
import { MailError } from '../../src/mail-error.ts'

const addresses = (value: string | string[]) => parseAddressList(value, 'to').map(({ address }) => address)

describe('recipients', () => {
  it.each([
    ['a@b.example', [{ address: 'a@b.example' }]],
    ['  a@B.Example ', [{ address: 'a@b.example' }]],
    ['Ann B. <a@b.example>', [{ name: 'Ann B.', address: 'a@b.example' }]],
    [
      '"Doe, Jane" <j@d.example>, k@l.example',
      [{ name: 'Doe, Jane', address: 'j@d.example' }, { address: 'k@l.example' }],
    ],
    [
      '"a \\"b\\" <evil@x.example>," <c@d.example>',
      [{ name: 'a "b" <evil@x.example>,', address: 'c@d.example' }],
    ],
    ['Jürgen <j@bücher.example>', [{ name: 'Jürgen', address: 'j@xn--bcher-kva.example' }]],
    ['δοκιμή@παράδειγμα.example', [{ address: 'δοκιμή@xn--hxajbheg2az3al.example' }]],
    ["o'hara+tag@x.example", [{ address: "o'hara+tag@x.example" }]],
    ['', []],
    ['  ', []],
  ])('R39: %j is read as meant', (value, expected) => {
    expect(parseAddressList(value, 'to')).toEqual(expected)
  })

  it('R39: an array is its entries, each an address or a list', () => {
    expect(addresses(['a@x.example', 'b@x.example, c@x.example', ''])).toEqual([
      ...['a@x.example', 'b@x.example', 'c@x.example'],
    ])
  })

  it.each([
    ['a group', 'friends: a@x.example, b@x.example;'],
    ['an empty group', 'undisclosed-recipients:;'],
    ['a list separated by semicolons', 'a@x.example; b@x.example'],
    ['a quoted local part', '"a,b"@x.example'],
    ['a quoted local part that holds an address', '"a@evil.example"@x.example'],
    ['two at signs', 'a@evil.example@x.example'],
    ['a source route', '<@evil.example:a@x.example>'],
    ['a comment', 'a@x.example (b@evil.example)'],
    ['a comment in the address', 'a(c)@x.example'],
    ['an address literal', 'a@[127.0.0.1]'],
    ['an IP address as domain', 'a@127.0.0.1'],
    ['text behind the bracket', '<a@x.example> b@evil.example'],
    ['two brackets', '<a@x.example><b@evil.example>'],
    ['an unquoted address as a name', 'b@evil.example <a@x.example>'],
    ['an unbalanced quote', '"a <a@x.example>, b@y.example'],
    ['CRLF and a header', 'a@x.example\r\nBcc: b@evil.example'],
    ['a folded CRLF', 'a@x.example,\r\n b@evil.example'],
    ['LF', 'a@x.example\n'],
    ['NUL', 'a@x.example\u0000'],
    ['CRLF in a quoted name', '"a\r\nb" <a@x.example>'],
    ['an empty entry', 'a@x.example,,b@x.example'],
    ['a trailing comma', 'a@x.example,'],
    ['no domain', 'postmaster'],
    ['no local part', '@x.example'],
    ['a space in the address', 'a b@x.example'],
    ['a non-breaking space in the address', 'a\u00a0b@x.example'],
    ['a zero-width space in the domain', 'a@x\u200b.example'],
    ['a right-to-left override', 'a\u202e@x.example'],
    ['a dot at the end of the local part', 'a.@x.example'],
    ['a percent-encoded domain', 'a@%65vil.example'],
    ['an underscore host', 'a@x_y.example'],
    ['a local part of 65 octets', `${'a'.repeat(65)}@x.example`],
    ['an SMTP parameter', 'a@x.example> NOTIFY=NEVER'],
    ['empty brackets', 'A <>'],
    ['a lone surrogate', 'a\ud800@x.example'],
  ])('R39: %s is refused', (_what, value) => {
    expect(() => parseAddressList(value, 'cc')).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'cc' }),
    )
  })

  it('R38: what is not text is refused by type', () => {
    for (const value of [[{ path: '/etc/passwd' }], [['a@x.example']], [undefined], [1]]) {
      expect(() => parseAddressList(value as unknown as string[], 'to')).toThrow(MailError)
    }
  })
})
