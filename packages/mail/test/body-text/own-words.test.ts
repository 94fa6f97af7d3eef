/** What each email of a conversation says itself, line by line. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import { foldQuotes } from '../../src/body-text/fold-quotes.ts'
import { tellOwnWords } from '../../src/body-text/own-words.ts'

const tell = (...texts: string[]) => tellOwnWords(texts.map((text) => foldQuotes(text, { quotes: 'marked' })))
const wrote = 'On May 4, 2026 at 10:00, Ann <ann@a.example> wrote:'

describe('own words', () => {
  test('R77: others get their turn within long texts, their own and quoted ones', async () => {
    const words = Array.from({ length: 20_000 }, (_, n) => `word${n} and more\n`).join('')
    let turns = 0
    let isOver = false
    const count = () => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const texts = [words, `Fine.\n\n${wrote}\n${words.replaceAll(/^(?=.)/gm, '> ')}`]
    expect((await tell(...texts))[1]).toBe('Fine.')
    isOver = true
    // 700,000 characters: twice the words, once the lines in front of quotes; 16,384 at a time.
    expect(turns).toBeGreaterThan(40)
  })

  test('a quote of an email that is there is left out, however it is wrapped; one of an email that is not stays once', async () => {
    const first = 'Shall we take the early boat to the island on Friday morning?'
    const wrapped = '> Shall we take the early boat\n> to the island on Friday morning?'
    expect(await tell(first, `Fine.\n\n${wrote}\n${wrapped}`)).toEqual([first, 'Fine.'])
    const again = `Good.\n\n${wrote}\n> Fine.\n>\n> ${wrote}\n${wrapped.replaceAll(/^/gm, '> ')}`
    expect(await tell(`Fine.\n\n${wrote}\n${wrapped}`, again)).toEqual([
      `Fine.\n\n> ${wrote}\n${wrapped}`,
      'Good.',
    ])
  })

  test.each([
    'On Mon, May 4, 2026 at 10:01 AM Ann <ann@a.example>\nwrote:',
    'On Mon, May 4, 2026 at 10:01 AM Ann of the Department For Boats\n(Office) via a list <boats@lists.a.example>\nwrote:',
    'Vào Th 2, 4 thg 5, 2026 vào lúc 10:01 Ann <ann@a.example>\nđã viết:',
    '----------------\nКому: Bob (bob@b.example);\nТема: Plan;\n04.05.2026, 10:01, "Ann" <ann@a.example>:',
  ])('what programs write around a quote is nobody’s: %j', async (attribution) => {
    const first = 'Shall we take the early boat to the island on Friday morning?'
    expect((await tell(first, `Fine.\n\n${attribution}\n\n> ${first}`))[1]).toBe('Fine.')
  })

  test('a line above an attribution is what somebody said, though it names a day', async () => {
    for (const said of ['I will be there.', 'On May 4 at 10:00 we meet.', 'They all agree with it'])
      expect((await tell('Hello.', `Fine.\n\n${wrote}\n> ${said}\n> Ann wrote:\n> > Hello.`))[1]).toContain(
        said,
      )
  })

  test('what somebody says again unquoted stays, and so do answers with what they answer', async () => {
    expect(await tell('Thanks a lot for all of it.', 'Thanks a lot for all of it.')).toEqual([
      'Thanks a lot for all of it.',
      'Thanks a lot for all of it.',
    ])
    const answers = `${wrote}\n\n> When do we meet on Friday?\n\nAt nine.\n\n> Where do we meet then?\n\nHere.`
    expect((await tell('When do we meet on Friday?\n\nWhere do we meet then?', answers))[1]).toBe(answers)
  })

  test('a forward of what is there names it; another one is content', async () => {
    const head =
      '---------- Forwarded message ----------\nFrom: Ann <ann@a.example>\nDate: May 4, 2026 10:00\nSubject: Boats'
    const body = 'The early boat leaves at nine from the third pier.'
    expect((await tell(body, `See below.\n\n${head}\n\n${body}`))[1]).toBe(
      `See below.\n\n${head}\n[as above]`,
    )
    expect((await tell('Hello.', `FYI\n\n${head}\n\n${body}`))[1]).toBe(`FYI\n\n${head}\n\n${body}`)
  })

  test.each(['>', '> a\n', 'a ', 'a:\n', 'On wrote:\n', '\n', '> x y z w\n', '一'])(
    'R77: two emails of a megabyte of %j cost at most two seconds',
    async (token) => {
      const text = `Fine.\n\n${wrote}\n${`> ${token}`.repeat(Math.ceil((1024 * 1024) / (token.length + 2)))}`
      expect(await leastCpuMs(2_000, () => tell(text, text))).toBeLessThan(2_000)
    },
  )
})
