/**
 * The places of a body one after the other, each as the text that its reader sees: which of two texts is read, what they
 * lack or add, whether a part was cut or could not be fetched.
 */

import { readPlain } from '../body-text/long-text.ts'
import type { Reading } from '../body-text/readable-text.ts'
import type { ReadLink } from '../message.ts'
import { chooseText } from './alternatives.ts'
import type { FetchedText } from './fetch-texts.ts'
import { type Format, isBlank, type Rendered, renderPart } from './render-part.ts'
import type { BodyPlace, TextPart } from './structure.ts'
import { countAll, countMissing, wordsOf } from './words.ts'
import type { HtmlWords } from './words-of-html.ts'

/** Of one message, by the numbers of its parts. */
export type Contents = ReadonlyMap<string, FetchedText>

export type BodyReader = ReturnType<typeof createBodyReader>

export function createBodyReader(contents: Contents, format: Format, reading: Reading) {
  const warnings: string[] = []
  const sources: string[] = []
  const links: ReadLink[] = []
  let isCut = false
  let hasHidden = false

  async function render(texts: readonly TextPart[]): Promise<Rendered[]> {
    const rendered: Rendered[] = []
    let linked = links.length
    for (const part of texts) {
      const fetched = contents.get(part.partId)
      if (fetched === undefined) continue
      if (fetched.isCut) isCut = true
      if (fetched.isFailed) warnings.push('part_not_read')
      const failed = `[Part ${part.partId} could not be read.]`
      const firstLink = reading.firstLink && reading.firstLink + linked
      const one = await renderPart(part, fetched.text, format, { ...reading, firstLink })
      linked += one.links?.length ?? 0
      rendered.push({
        ...one,
        type: part.type,
        raw: fetched.text,
        ...(fetched.isFailed ? { text: failed } : {}),
      })
    }
    return rendered
  }

  function take(rendered: readonly Rendered[]): string {
    for (const one of rendered) {
      warnings.push(...one.warnings)
      links.push(...(one.links ?? []))
      if (one.text !== '') sources.push(one.type)
      if (one.warnings.includes('hidden_text_removed')) hasHidden = true
    }
    return rendered
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n\n')
  }

  async function readPlace({ plain, html }: BodyPlace): Promise<string> {
    if (format !== 'text' || html.length === 0 || plain.length === 0)
      return take(
        await render(format === 'source' && plain.length > 0 ? plain : html.length > 0 ? html : plain),
      )
    const [asPlain, asHtml] = [await render(plain), await render(html)]
    const typed = await Promise.all(asPlain.map(async ({ raw }) => (await readPlain(raw)).text))
    const choice = chooseText(wordsOf(typed.join('\n')), await wordsOfAll(asHtml))
    if (choice.differs) warnings.push('text_part_differs')
    if (choice.shown === 'plain') return take(asPlain)
    const shown = take(asHtml)
    if (choice.shown === 'html') return shown
    const mark = '[The HTML of this email shows next to no words. Its plain text part says:]'
    return [shown, mark, take(links.length === 0 ? asPlain : await render(plain))]
      .filter((one) => one !== '')
      .join('\n\n')
  }

  return {
    warnings,
    sources,
    links,
    isCut: () => isCut,
    hasHidden: () => hasHidden,
    async readPlaces(places: readonly BodyPlace[]): Promise<string> {
      const shown: string[] = []
      for (const place of places) {
        const text = await readPlace(place)
        const isRepeat = [...place.plain, ...place.html].some((part) => part.isRepeat)
        if (!isBlank(text) && !(isRepeat && isSaid(text, shown.join('\n')))) shown.push(text)
      }
      return shown.join('\n\n')
    },
  }
}

/** Nine words in ten. */
function isSaid(text: string, before: string): boolean {
  const words = wordsOf(text)
  return countMissing(words, wordsOf(before)) <= countAll(words) / 10
}

/** HTML, and plain text that comes between or behind it. */
async function wordsOfAll(rendered: readonly Rendered[]): Promise<HtmlWords> {
  const { wordsOfHtml } = await import('./words-of-html.ts')
  const html = rendered.filter(({ type }) => type === 'text/html').map(({ raw }) => raw)
  const plain = rendered.filter(({ type }) => type !== 'text/html').map(({ raw }) => raw)
  if (plain.length === 0 && html.length === 1) return wordsOfHtml(html[0] ?? '')
  const each = html.map(wordsOfHtml)
  const sum = (lists: readonly ReadonlyMap<string, number>[]) => {
    const all = new Map<string, number>()
    for (const list of lists) for (const [one, count] of list) all.set(one, (all.get(one) ?? 0) + count)
    return all
  }
  return {
    visible: sum([...each.map(({ visible }) => visible), wordsOf(plain.join('\n'))]),
    hidden: sum(each.map(({ hidden }) => hidden)),
  }
}
