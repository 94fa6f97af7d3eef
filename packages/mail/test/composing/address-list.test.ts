import { describe, expect, test } from 'vitest'
import { parseAddressList, readAddressList } from '../../src/composing/address-list.ts'
import { MailError } from '../../src/mail-error.ts'

const at = (local: string) => ({ address: `${local}@x.example` })
const addresses = (value: string | string[]) => parseAddressList(value, 'to').map(({ address }) => address)

describe('recipients', () => {
  test.each([
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
    // as people write them
    ['b@x.example <b@x.example>', [{ address: 'b@x.example' }]],
    ["'b@x.example' <b@x.example>", [{ address: 'b@x.example' }]],
    ["'b@x.example'", [{ address: 'b@x.example' }]],
    ['Bob (Sales) <b@x.example>', [{ name: 'Bob (Sales)', address: 'b@x.example' }]],
    ['b@x.example (Bob)', [{ name: 'Bob', address: 'b@x.example' }]],
    ['Doe, Jane <j@x.example>', [{ name: 'Doe, Jane', address: 'j@x.example' }]],
    ['Doe, Jane, PhD <j@x.example>', [{ name: 'Doe, Jane, PhD', address: 'j@x.example' }]],
    [
      'Doe, Jane <j@x.example>; Roe, Rick <r@x.example>, k@x.example',
      [
        { name: 'Doe, Jane', address: 'j@x.example' },
        { name: 'Roe, Rick', address: 'r@x.example' },
        { address: 'k@x.example' },
      ],
    ],
    ['“Doe, Jane” <j@x.example>', [{ name: 'Doe, Jane', address: 'j@x.example' }]],
    ['„Doe, Jane“ <j@x.example>', [{ name: 'Doe, Jane', address: 'j@x.example' }]],
    ['mailto:j@x.example?subject=a,%20b', [{ address: 'j@x.example' }]],
    ['<mailto:j@x.example>', [{ address: 'j@x.example' }]],
    ['mailto:a%2Bb@x.example,c@x.example?to=d@x.example', ['a+b', 'c', 'd'].map(at)],
    ['[Jane](mailto:j@x.example)', [{ name: 'Jane', address: 'j@x.example' }]],
    ['friends: a@x.example, B <b@x.example>;', [at('a'), { name: 'B', ...at('b') }]],
    ['friends: a@x.example; c@x.example', ['a', 'c'].map(at)],
    ['undisclosed-recipients:;', []],
    ['To: bob@x.example', [at('bob')]],
    ['Team: North <n@x.example>', [{ name: 'Team: North', ...at('n') }]],
    ['a@x.example; b@x.example,, c@x.example;', ['a', 'b', 'c'].map(at)],
    ['a@x.example b@x.example', ['a', 'b'].map(at)],
    ['<a@x.example>', [at('a')]],
    ['Ｊａｎｅ＜ｊ＠ｘ．example＞，b＠x.example', [{ name: 'Ｊａｎｅ', ...at('j') }, at('b')]],
    ['a@例え。jp', [{ address: 'a@xn--r8jz45g.jp' }]],
    ['\u202aa@x.example\u202c', [at('a')]],
    ['Ann\u00a0B <a@x.example>', [{ name: 'Ann B', ...at('a') }]],
    ['Ann <a@x.example>\u200b', [{ name: 'Ann', ...at('a') }]],
    ['Doe, Jane <j@x.example>\u200b, b@x.example', [{ name: 'Doe, Jane', ...at('j') }, at('b')]],
    ["'bob@y.example' via List <list@x.example>", [{ name: "'bob@y.example' via List", ...at('list') }]],
    ['Bob@Home <b@x.example>', [{ name: 'Bob@Home', ...at('b') }]],
    ['a@x.example.', [at('a')]],
    ['"john doe"@x.example', [{ address: '"john doe"@x.example' }]],
    ['"john.doe"@x.example', [{ address: 'john.doe@x.example' }]],
    ['"a,b"@x.example', [{ address: '"a,b"@x.example' }]],
    ['taro..yama.@docomo.example', [{ address: '"taro..yama."@docomo.example' }]],
    ['a@x_y.example', [{ address: 'a@x_y.example' }]],
    [`${'a'.repeat(200)}@x.example`, [at('a'.repeat(200))]],
  ])('R39: %j is read as meant', (value, expected) => {
    expect(parseAddressList(value, 'to')).toEqual(expected)
  })

  test('R39: an array is its entries, each an address or a list', () => {
    expect(addresses(['a@x.example', 'b@x.example, c@x.example', ''])).toEqual([
      ...['a@x.example', 'b@x.example', 'c@x.example'],
    ])
  })

  test.each([
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
    ['an address as a name, after words', 'Bob b@evil.example <a@x.example>'],
    ['an address of another script as a name', 'b@例え。jp <a@x.example>'],
    ['an address in quotes as a name', "'b@evil.example' <a@x.example>"],
    ['two addresses as a name', "'b@evil.example' via c@evil.example <a@x.example>"],
    ['a zero-width space before the @', 'a\u200b@x.example'],
    ['an unbalanced quote', '"a <a@x.example>, b@y.example'],
    ['CRLF and a header', 'a@x.example\r\nBcc: b@evil.example'],
    ['a folded CRLF', 'a@x.example,\r\n b@evil.example'],
    ['LF', 'a@x.example\n'],
    ['NUL', 'a@x.example\u0000'],
    ['CRLF in a quoted name', '"a\r\nb" <a@x.example>'],
    ['an address of 255 octets', `${'a'.repeat(245)}@x.example`],
    ['a list of names', 'Bob, Ann, Carol <c@x.example>'],
    ['words before an address', 'Jane Doe j@x.example'],
    ['a bracket that is not closed', 'Jane <j@x.example'],
    ['a link to more people', 'mailto:j@x.example?bcc=k@x.example'],
    ['no domain', 'postmaster'],
    ['no local part', '@x.example'],
    ['a space in the address', 'a b@x.example'],
    ['a non-breaking space in the address', 'a\u00a0b@x.example'],
    ['a zero-width space in the domain', 'a@x\u200b.example'],
    ['a right-to-left override', 'a\u202e@x.example'],
    ['a percent-encoded domain', 'a@%65vil.example'],
    ['an SMTP parameter', 'a@x.example> NOTIFY=NEVER'],
    ['empty brackets', 'A <>'],
    ['a lone surrogate', 'a\ud800@x.example'],
  ])('R39: %s is refused', (_what, value) => {
    expect(() => parseAddressList(value, 'cc')).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'cc' }),
    )
  })

  test('R86: a fault names the address, its place and the reason, and every one of them', () => {
    expect(readAddressList('a@x.example, bob@, Ann; Doe, Jane <j@x.example>, c@@y.example')).toEqual({
      mailboxes: [at('a'), { name: 'Doe, Jane', ...at('j') }],
      faults: [
        { text: 'bob@', place: 2, reason: 'nothing is behind the @' },
        { text: 'Ann', place: 3, reason: 'it is a name without an address' },
        { text: 'c@@y.example', place: 5, reason: 'it has two @ signs' },
      ],
    })
    expect(() => parseAddressList('a@x.example, bob@', 'to')).toThrow(
      expect.objectContaining({ reason: '"bob@" (number 2): nothing is behind the @' }),
    )
  })

  test.each([
    '"',
    '(',
    '<',
    ',',
    'a@x.example,',
    'mailto:',
    'mailto:a?',
    ':',
    'a:',
    '\\',
    '[',
    "' ",
    'a, ',
    '@',
    'a@:',
    'a"a" ',
  ])(
    'R77: 250 kB of %j takes no quadratic time',
    (piece) => {
      expect(() => readAddressList(piece.repeat(250_000 / piece.length))).not.toThrow()
    },
    5_000,
  )

  test('R38: what is not text is refused by type', () => {
    for (const value of [[{ path: '/etc/passwd' }], [['a@x.example']], [undefined], [1]]) {
      expect(() => parseAddressList(value as unknown as string[], 'to')).toThrow(MailError)
    }
  })
})
