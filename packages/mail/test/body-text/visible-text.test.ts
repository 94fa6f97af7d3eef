/**
 * R74: generated mails that hide a word, or seem to, judged by Chromium: what it does not show is removed or marked,
 * what it shows is there. A long run tries more of them.
 */
import { findChromium, startVisibleTextJudge, type VisibleTextJudge } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { toTrick, word } from './hidden-tricks.ts'

const count = inLongRun(3_000, 30)
/** As wide as the word: nothing around it moves. */
const other = 'XTTE'

describe.skipIf(!findChromium())('R74: hidden words, as Chromium shows them', () => {
  let judge: VisibleTextJudge
  beforeAll(async () => {
    judge = await startVisibleTextJudge()
  })
  afterAll(() => judge?.close())

  test('the judge sees what is there, and not what is not', async () => {
    expect(await judge.sees(`<p>${word}</p>`, word, other)).toBe(true)
    expect(await judge.sees(`<p style="opacity:0">${word}</p>`, word, other)).toBe(false)
  })

  test('a style sheet is for what its media say, and what is no query names nothing', async () => {
    const queries = [
      'a;',
      'screen, a;',
      'print, ;',
      'print;x',
      'only screen, (',
      'not print',
      ', ,',
      '!x, all',
    ]
    const media = ['', ' ', ...queries, '(max-width:600px)', 'screen and (min-width:100px)', 'yes']
    for (const one of media) {
      const html = `<style media="${one}">p{display:none}</style><p>${word}</p>`
      const { text, warnings } = htmlToText(html)
      expect([text, warnings], one).toEqual([(await judge.sees(html, word, other)) ? word : '', []])
    }
  })

  test(`of ${count} generated mails none leaks and none is lost`, {
    timeout: 120_000 + count * 5_000,
  }, async () => {
    const leaks: string[] = []
    const lost: string[] = []
    let isSeen = 0
    let marked = 0
    for (let number = 0; number < count; number++) {
      const html = toTrick(number)
      const { text, warnings } = htmlToText(html)
      const isRead = text.includes(word)
      const isMarked = warnings.includes('hidden_text_possible')
      if (await judge.sees(html, word, other)) {
        isSeen++
        if (!isRead) lost.push(html)
        else if (isMarked) marked++
      } else if (isRead && !isMarked) leaks.push(html)
    }
    expect(leaks).toEqual([])
    // Where odd styles cancel each other (moved down and up again) a word may be lost; an ordinary mail does no such thing.
    expect(lost.slice(Math.floor(count / 100))).toEqual([])
    expect(isSeen).toBeGreaterThan(count / 4)
    expect(marked).toBeLessThan(count / 10)
  })
})
