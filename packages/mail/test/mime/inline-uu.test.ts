/** R81: a file that stands in the text as uuencode is named in its place, and no words are. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { expect, test } from 'vitest'
import { nameUuFiles } from '../../src/mime/inline-uu.ts'

const name = (text: string, isCut = false) => nameUuFiles(text, isCut, (file) => `[${file}]`)
const code = ['begin 644 a b.txt', '+2&5L;&\\@9FEL90H ', '`', 'end']
const long = `M${'+2&5'.repeat(15)}`

test.each([
  ['alone', code, ['[a b.txt]']],
  ['two between words', ['Hi', ...code, '', ...code, 'Bye'], ['Hi', '[a b.txt]', '', '[a b.txt]', 'Bye']],
  ['a blank line for the last', ['begin 0755 x', long, '#86)C', '', 'end'], ['[x]']],
  ['no line for the last', ['begin 644 x', long, 'end'], ['[x]']],
  ['lost blanks and checks', ['begin 644 x', `${long}Z`, 'M', '`', 'end'], ['[x]']],
])('a file: %s', (_, lines, shown) => {
  for (const end of ['\n', '\r\n']) expect(name(lines.join(end)).replaceAll('\r', '')).toBe(shown.join('\n'))
})

test.each([
  ['a sentence', ['begin 10 minutes early', 'AND DO NOT', 'end']],
  ['a sentence of the same form', ['begin 100 metres behind the gate', 'where the road', 'end']],
  ['no code', ['begin 644 x', '`', 'end']],
  ['words in the code', ['begin 644 x', long, 'and so on', 'end']],
  ['a line that is too long', ['begin 644 x', `#${long}`, '`', 'end']],
  ['no end', ['begin 644 x', long, '', 'Bye']],
  ['a quote', code.map((line) => `> ${line}`)],
])('no file: %s', (_, lines) => {
  expect(name(lines.join('\n'))).toBe(lines.join('\n'))
})

test('a file that goes on behind the end of what was read', () => {
  const cut = ['See:', 'begin 644 x', long, long, long.slice(0, 9)].join('\n')
  expect([name(cut, true), name(cut, false)]).toEqual(['See:\n[x]', cut])
})

test.each(['begin 644 a\n', 'begin 644 a\nM\n', 'begin ', `begin 644 a\n${long}\n`, `${long}\n`, 'M'])(
  'a megabyte of %j is read in one pass',
  async (token) => {
    const text = `begin 644 a\n${token.repeat((1024 * 1024) / token.length)}`
    expect(await leastCpuMs(1_000, () => name(text))).toBeLessThan(1_000)
  },
)
