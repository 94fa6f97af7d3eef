/** Programs that mark in their HTML alone where the email begins that they answer: whose words are whose. */
import { describe, expect, test } from 'vitest'
import { tellOwnWords } from '../../src/body-text/own-words.ts'
import type { Reading } from '../../src/body-text/readable-text.ts'
import { callTime } from '../../src/connect/deadline.ts'
import { parseSource } from '../../src/mime/source.ts'
import { createBodyReader } from '../../src/reading/body-reader.ts'
import { toText } from '../../src/reading/fetch-texts.ts'
import { openWithin } from '../../src/reading/opened.ts'
import { sortParts } from '../../src/reading/structure.ts'

const part = (type: string, text: string) => `--x\nContent-Type: text/${type}; charset=utf-8\n\n${text}\n\n`
const mail = (plain: string, html: string) =>
  `Content-Type: multipart/alternative; boundary=x\n\n${part('plain', plain)}${part('html', html)}--x--\n`

async function read(source: string, quotes: Reading['quotes']) {
  const { bodies } = sortParts(await openWithin(parseSource(Buffer.from(source)).root))
  const texts = bodies.flatMap(({ plain, html }) => [...plain, ...html])
  const contents = await Promise.all(
    texts.map(
      async (one) => [one.partId, await toText(one, one.content ?? Buffer.alloc(0), 100_000)] as const,
    ),
  )
  const options = { format: 'text', reading: { quotes, isReply: true }, time: callTime({}) } as const
  const reader = createBodyReader(new Map(contents), options)
  return { text: await reader.readPlaces(bodies), sources: reader.sources }
}

const words = 'Shall we meet at the harbour on Tuesday at ten?'
const wrote = 'On Monday, May 4, 2026 at 10:01:00 AM GMT+2, Ann <ann@a.example> wrote:'
const safe = wrote.replace('<', '&lt;').replace('>', '&gt;')
const programs: [string, string, string][] = [
  [
    'Yahoo',
    ` Fine.\n\n    ${wrote}  \n \n ${words}\n`,
    `<div>Fine.</div><div class="ydp1yahoo_quoted"><div>${safe}</div><div><br></div><div>${words}</div></div>`,
  ],
  [
    'Zoho',
    `Fine.\n\n\n\n---- ${wrote.slice(0, -1)} ---\n\n\n${words}`,
    `<div>Fine.</div><br><div class="zmail_extra_hr"></div><div class="zmail_extra"><div>---- ${safe.slice(0, -1)} ---<br></div><div>${words}</div></div>`,
  ],
  [
    'a phone',
    `Fine.\n\n-------- Original message --------From: Ann <ann@a.example> Date: 5/4/26  10:01 AM  (GMT+01:00) To: Bob Subject: Plan ${words}`,
    `<div>Fine.</div><div>-------- Original message --------</div><div>From: Ann &lt;ann@a.example&gt;</div><div>Date: 5/4/26 10:01 AM (GMT+01:00)</div><div>To: Bob</div><div>Subject: Plan</div><div>${words}</div>`,
  ],
  [
    'Yahoo, answering an answer',
    ` Fine.\n\n    ${wrote}  \n \n ${words}\n\nOn May 3, 2026 Bob wrote:\n> A boat is there.\n`,
    `<div>Fine.</div><div class="ydp1yahoo_quoted"><div>${safe}</div><div>${words}</div><div>On May 3, 2026 Bob wrote:</div><blockquote>A boat is there.</blockquote></div>`,
  ],
]

describe('words that both texts say', () => {
  test.each(programs)('of %s: the earlier email is folded', async (_name, plain, html) => {
    const { text } = await read(mail(plain, html), 'folded')
    expect(text).toMatch(/^Fine\.\n\n\[\d+ quoted lines: [^\n]*\]$/)
    expect((await read(mail(plain, html), 'shown')).text).toContain(words)
  })

  test.each(programs)('of %s: in a conversation they are Ann’s', async (_name, plain, html) => {
    const { text } = await read(mail(plain, html), 'marked')
    const [, told = ''] = await tellOwnWords([words, text])
    expect(told.split('\n').filter((line) => line !== '' && !line.startsWith('>'))).toEqual(['Fine.'])
  })

  test('the text is read where it tells as much, and where it alone tells answers from what they answer', async () => {
    const attribution = 'On May 4, 2026 Ann wrote:'
    const quote = `<div class="gmail_attr">${attribution}</div><blockquote type="cite">${words}</blockquote>`
    const both = mail(`Fine.\n\n${attribution}\n> ${words}`, `<p>Fine.</p>${quote}`)
    expect((await read(both, 'folded')).sources).toEqual(['text/plain'])
    const answered = mail(
      `Hi.\n${attribution}\n> Shall we meet?\nYes.\n> When?\nAt ten.`,
      `<div>Hi.</div><div class="yahoo_quoted"><div>${attribution}</div><div>Shall we meet?</div><b>Yes.</b><div>When?</div><b>At ten.</b></div>`,
    )
    for (const quotes of ['folded', 'marked'] as const)
      expect(await read(answered, quotes)).toMatchObject({
        text: expect.stringContaining('Yes.'),
        sources: ['text/plain'],
      })
    expect((await read(mail('Fine. Bob', '<p>Fine. <b>Bob</b></p>'), 'folded')).sources).toEqual([
      'text/plain',
    ])
  })
})
