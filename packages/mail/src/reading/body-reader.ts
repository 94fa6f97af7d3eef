/**
 * The places of a body one after the other, each as the text that its reader sees: which of two texts is read, what they
 * lack or add, whether a part was cut or could not be fetched.
 */

import { tellsMore } from '../body-text/compare-folds.ts'
import { insideMark } from '../body-text/hidden-mark.ts'
import { readText } from '../body-text/read-text.ts'
import type { Reading } from '../body-text/readable-text.ts'
import { countAll, countMissing, countWords, type TextWords } from '../body-text/words.ts'
import type { CallTime } from '../connect/deadline.ts'
import type { ReadLink } from '../message.ts'
import { nameUuFiles } from '../mime/inline-uu.ts'
import { chooseText } from './alternatives.ts'
import type { FetchedText } from './fetch-texts.ts'
import { type Format, isBlank, type Rendered, renderPart } from './render-part.ts'
import type { BodyPlace, TextPart } from './structure.ts'

/** Of one message, by the numbers of its parts. */
export type Contents = ReadonlyMap<string, FetchedText>

export type BodyReader = ReturnType<typeof createBodyReader>

export interface BodyOptions {
  readonly format: Format
  readonly reading: Reading
  readonly time: CallTime
}

const maxNameChars = 100

export function createBodyReader(contents: Contents, { format, reading, time }: BodyOptions) {
  const warnings: string[] = []
  const sources: string[] = []
  const links: ReadLink[] = []
  let isCut = false
  let hasHidden = false

  async function render(texts: readonly TextPart[], { words = false } = {}): Promise<Rendered[]> {
    const rendered: Rendered[] = []
    let linked = links.length
    for (const part of texts) {
      const fetched = contents.get(part.partId)
      if (fetched === undefined) continue
      if (fetched.isCut) isCut = true
      if (fetched.isFailed) warnings.push('part_not_read')
      const failed = `[Part ${part.partId} could not be read.]`
      const firstLink = reading.firstLink && reading.firstLink + linked
      const wanted = { reading: { ...reading, firstLink }, words, time }
      const one = await renderPart(part, withoutUuFiles(part, fetched), format, wanted)
      linked += one.links?.length ?? 0
      const text = fetched.isFailed ? failed : fetched.isCut ? withRest(one.text, part.partId) : one.text
      rendered.push({ ...one, type: part.type, text })
    }
    return rendered
  }

  /** R81: how to go on behind what is fetched of one part. */
  function withRest(text: string, partId: string): string {
    const note = `[Only the beginning of this text was read: attachment ${partId} is all of it.]`
    return format === 'html' ? `${text}\n<p>${note}</p>` : `${text}\n\n${note}`.trimStart()
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
      return take(await render(html.length > 0 ? html : plain))
    const asPlain = await render(plain, { words: true })
    const asHtml = await render(html, { words: true })
    const choice = chooseText(wordsOfAll(asPlain), wordsOfAll(asHtml))
    if (choice.differs) warnings.push('text_part_differs')
    if (choice.shown === 'plain') return take(isToldByHtml(asHtml, asPlain) ? asHtml : asPlain)
    const shown = take(asHtml)
    if (choice.shown === 'html') return shown
    const mark = '[The HTML of this email shows next to no words. Its plain text part says:]'
    return [shown, mark, take(links.length === 0 ? asPlain : await render(plain))]
      .filter((one) => one !== '')
      .join('\n\n')
  }

  /** Where the words are the same, it only matters whose they are. */
  function isToldByHtml(html: readonly Rendered[], plain: readonly Rendered[]): boolean {
    const isAsked = reading.quotes !== undefined && reading.quotes !== 'shown'
    return isAsked && tellsMore(textOfAll(html), textOfAll(plain))
  }

  /** Nine words in ten. */
  async function isSaid(text: string, before: string): Promise<boolean> {
    const read = async (content: string) =>
      (await readText({ content, from: 'values', to: 'text', words: true }, time)).words?.visible ?? []
    const words = countWords(await read(text))
    return countMissing(words, countWords(await read(before))) <= countAll(words) / 10
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
        if (!isBlank(text) && !(isRepeat && (await isSaid(text, shown.join('\n'))))) shown.push(text)
      }
      return shown.join('\n\n')
    },
  }
}

function textOfAll(rendered: readonly Rendered[]): string {
  return rendered.map(({ text }) => text).join('\n')
}

/** Their code is in the part as it was sent. */
function withoutUuFiles({ type, partId }: TextPart, { text, isCut }: FetchedText): string {
  if (type !== 'text/plain') return text
  return nameUuFiles(
    text,
    isCut,
    (name) => `[file ${insideMark(name.slice(0, maxNameChars))}, uuencoded in attachment ${partId}]`,
  )
}

/** Of one place; a text that could not be rendered has none. */
function wordsOfAll(rendered: readonly Rendered[]): TextWords {
  const each = rendered.flatMap(({ words }) => words ?? [])
  return {
    visible: each.flatMap(({ visible }) => visible),
    beside: each.flatMap(({ beside }) => beside),
    sites: each.flatMap(({ sites }) => sites),
  }
}
