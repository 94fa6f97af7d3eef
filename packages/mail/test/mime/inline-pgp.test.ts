/** R81: PGP in the text itself is read as far as it can be, and says where it cannot. */
import { expect, test } from 'vitest'
import { render } from '../../src/body-text/render.ts'

const read = (content: string) => render({ content, from: 'plain', to: 'text' })
const signed = [
  '-----BEGIN PGP SIGNED MESSAGE-----',
  'Hash: SHA256',
  '',
  'Meet at nine.',
  '- - the keys',
  '- -----BEGIN PGP SIGNED MESSAGE-----',
  '-----BEGIN PGP SIGNATURE-----',
  '',
  'iQEzBAEBCAAdFiEE',
  '=abcd',
  '-----END PGP SIGNATURE-----',
]

test('R81: signed text has its words, as they were before they were signed', async () => {
  const words = 'Meet at nine.\n- the keys\n-----BEGIN PGP SIGNED MESSAGE-----'
  const { text, warnings } = await read(['Hi', ...signed, 'List footer'].join('\r\n'))
  expect([text, warnings]).toEqual([`Hi\n${words}\nList footer`, []])
  expect((await read(signed.slice(0, 8).join('\n'))).text).toBe(words)
  expect((await read([...signed.slice(0, 1), ...signed.slice(3)].join('\n'))).text).toBe(words)
})

test('R81: encrypted text says that it is', async () => {
  const { text, warnings } = await read(
    'Hi\n-----BEGIN PGP MESSAGE-----\n\nhQEMA3xyz\n=abcd\n-----END PGP MESSAGE-----\nAnn',
  )
  expect(text).toBe(
    "Hi\n[Encrypted with PGP: it cannot be read here, the owner's own mail program can.]\nAnn",
  )
  expect(warnings).toEqual(['encrypted'])
})

test('R81: words behind armour without an end are read', async () => {
  const sealed = ['-----BEGIN PGP MESSAGE-----', 'Version: 1', '', 'hQEMA3xyz', '=abcd']
  for (const [begun, said] of [
    [signed.slice(0, -1), 'Meet at nine.'],
    [sealed, '[Encrypted with PGP'],
  ] as const) {
    const { text } = await read([...begun, 'PS: bring the keys too', 'Bye'].join('\n'))
    expect(text).toContain(said)
    expect(text).toMatch(/\nPS: bring the keys too\nBye$/)
    expect(text).not.toMatch(/hQEM|iQEz|abcd|Version/)
  }
})

test('R81: in a quote, or in the middle of a line, it is text', async () => {
  for (const text of [
    '> -----BEGIN PGP MESSAGE-----\n> hQEMA3xyz',
    'Write -----BEGIN PGP MESSAGE----- first',
  ])
    expect((await read(text)).text).toBe(text)
})
