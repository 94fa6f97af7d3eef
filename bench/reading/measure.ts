/** The differential run: each mail by our renderer and by Chromium, family by family. */
import { htmlToText } from '@email-connector/mail/html-to-text'
import { startVisibleWordsReader } from '@email-connector/testing'
import { compareWords } from './compare.ts'
import { openSamples } from './corpus.ts'
import type { ReadMail } from './figures.ts'

export async function readSamples(count?: number, report?: (line: string) => void): Promise<ReadMail[]> {
  const samples = await openSamples(count)
  const chromium = await startVisibleWordsReader()
  const read: ReadMail[] = []
  try {
    for (const { name, family, html } of samples) {
      const { text, warnings } = htmlToText(html)
      const isMarked = warnings.includes('hidden_text_possible')
      const words = await chromium.read(html)
      const shareOf = (one: string) => Buffer.byteLength(one) / Buffer.byteLength(html)
      const shares = { share: shareOf(text), seenShare: shareOf(words.shown.join(' ')) }
      read.push({ name, family, isMarked, ...shares, ...compareWords(text, words) })
      if (read.length % 200 === 0) report?.(`${read.length} of ${samples.length} mails`)
    }
  } finally {
    await chromium.close()
  }
  return read
}
