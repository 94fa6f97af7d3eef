/** R62: the parts of a multipart are found where its header says little, or something else than its body. */
import { expect, test } from 'vitest'
import { parseSource } from '../../src/mime/source.ts'
import type { BodyStructure } from '../../src/mime/structure.ts'

const parts =
  '--R\r\nContent-Type: text/plain\r\n\r\none\r\n--R\r\nContent-Type: text/html\r\n\r\ntwo\r\n--R--\r\n'
const encoded = Buffer.from(parts).toString('base64')
const textsOf = (node: BodyStructure): string[] =>
  node.childNodes === undefined ? [`${node.content}`] : node.childNodes.flatMap(textsOf)
const read = (parameters: string, body: string, more = '') =>
  textsOf(parseSource(Buffer.from(`Content-Type: multipart/mixed${parameters}\r\n${more}\r\n${body}`)).root)

test.each([
  ['a comment', '; boundary=R (of a relay)', parts],
  ['a comment behind quotes', '; boundary="R" (of a relay)', parts],
  ['another boundary', '; boundary=S', parts],
  ['no boundary', '', parts],
  ['another boundary, below words', '; boundary=S', `In many parts:\r\n-- \r\n\r\n${parts}`],
  [
    'another boundary of a multipart inside',
    '; boundary=o',
    `--o\r\nContent-Type: multipart/mixed; boundary=S\r\n\r\n${parts}--o--`,
  ],
])('%s', (_, parameters, body) => {
  expect(read(parameters, body)).toEqual(['one', 'two'])
})

test('a multipart that is encoded, or only says so', () => {
  const label = (encoding: string) => `Content-Transfer-Encoding: ${encoding}\r\n`
  expect(read('; boundary=R', encoded, label('base64'))).toEqual(['one', 'two'])
  expect(read('; boundary=S', encoded, label('base64'))).toEqual(['one', 'two'])
  expect(read('; boundary=R', parts.replaceAll('/', '=2F'), label('quoted-printable'))).toEqual([
    'one',
    'two',
  ])
  expect(read('; boundary=R', parts, label('base64'))).toEqual(['one', 'two'])
})

test.each([
  ['parentheses of its own', '; boundary="R (1)"', parts.replaceAll('--R', '--R (1)'), ['one', 'two']],
  [
    'a line like one in a part',
    '; boundary=R',
    parts.replace('one', '--S\r\nContent-Type: x'),
    ['--S\r\nContent-Type: x', 'two'],
  ],
  ['no part', '; boundary=R', 'words\r\n-- \r\nContent-Type: x', ['words\r\n-- \r\nContent-Type: x']],
])('%s, and no other boundary is looked for', (_, parameters, body, texts) => {
  expect(read(parameters, body)).toEqual(texts)
})
