/** RTF as Outlook keeps bodies in it (MS-OXRTFEX), and as it is made to cost time. Documents: documents/readers.test.ts. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { expect, test } from 'vitest'
import { readRtf } from '../../src/mime/rtf.ts'
import { openTnef } from '../../src/mime/tnef.ts'
import { tnef } from '../reading/tnef-builder.ts'

function read(rtf: string) {
  const written: string[] = []
  const hidden: string[] = []
  const sink = {
    write: (text: string) => void written.push(text),
    hide: (why: string) => void hidden.push(why),
  }
  return { ...readRtf(Buffer.from(rtf, 'latin1'), sink), text: written.join(''), hidden }
}

test('R75: RTF that was made from HTML gives that HTML back, and nothing else', () => {
  const rtf = String.raw`{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fcharset204 Arial;}}
{\*\generator SECRET;}{\*\htmltag64 <html>}{\*\htmltag <p class="\'e9">}\htmlrtf {\b SECRET \htmlrtf0 \'cf\'f0\'e8 \u8364 ?5\htmlrtf }\htmlrtf0 {\*\mhtmltag SECRET}{\*\htmltag72 </p>}}`
  expect(read(rtf)).toMatchObject({ isHtml: true, text: '<html><p class="й">При €5</p>' })
})

test('R47: hidden, deleted, white and tiny words of a body in RTF are left out, and a font says its code page', () => {
  const rtf = String.raw`{\rtf1\ansi{\fonttbl{\f1\fcharset204 Arial;}}{\colortbl;\red255\green255\blue255;}{\f1 \'cf\'f0}{\v SECRET}{\deleted SECRET}{\cf1 SECRET}{\fs1 SECRET}{\htmlrtf seen}\par end}`
  expect(read(rtf)).toMatchObject({
    ...{ isHtml: false, text: 'Прseen\nend' },
    hidden: ['hidden', 'deleted', 'white', 'tiny'],
  })
  // Stored as it is (MS-OXRTFCP §2.1.3.1.3), in the mail it is a body of.
  const root = openTnef(tnef({ rtf }), '2')
  expect(root?.childNodes?.map(({ type, content }) => [type, content?.toString()])).toEqual([
    ['text/plain', 'Прseen\nend'],
  ])
})

test.each([
  '{',
  '}',
  '{\\*',
  "\\'e9",
  '\\u8364?',
  '\\par',
  '{\\v x}',
  '\\bin9',
  'x',
  '\\htmltag',
  '{\\cf1 x',
])('R77: 2 MiB of %j in RTF cost less than two seconds', async (token) => {
  const readBoth = () => {
    for (const head of ['{\\rtf1\\ansi ', '{\\rtf1\\fromhtml1 '])
      read(head + token.repeat((1024 * 1024) / token.length))
  }
  expect(await leastCpuMs(2_000, readBoth)).toBeLessThan(2_000)
})
