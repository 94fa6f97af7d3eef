/** Plain text made safe to show: nothing invisible in it, quotes as they are wanted, and links that say where they lead. */
import { breakMarkup } from './break-markup.ts'
import { foldQuotes } from './fold-quotes.ts'
import { removeInvisible } from './invisible-characters.ts'
import { createLinkList, showMarks } from './link-list.ts'
import type { LinkJudge } from './link-names.ts'
import { neutraliseLinks } from './links.ts'
import type { ReadableText, Reading } from './readable-text.ts'
import { joinWrapped } from './wrapped-links.ts'

/** The list of who registers names loads with the first link. */
export async function readPlain(
  text: string,
  { firstLink, quotes = 'shown', isReply, senderHost }: Reading = {},
): Promise<ReadableText> {
  const judge = /\]\(|:\/\//.test(text) ? await loadJudge(senderHost) : undefined
  const clean = withoutInvisible(joinWrapped(text))
  const folded = quotes === 'shown' ? clean.text : foldQuotes(clean.text, { quotes, isReply })
  const list = firstLink === undefined ? undefined : createLinkList(firstLink)
  const neutral = neutraliseLinks(folded, { judge, list })
  return {
    text: list === undefined ? neutral.text : showMarks(neutral.text),
    warnings: [...clean.warnings, ...neutral.warnings],
    ...(list === undefined ? {} : { links: list.links }),
  }
}

async function loadJudge(senderHost: string | undefined): Promise<LinkJudge> {
  const { createLinkJudge } = await import('./link-names.ts')
  return createLinkJudge(senderHost)
}

/** A table or records: a link in it keeps its query; nothing in it loads by itself. */
export function readValues(value: string): ReadableText {
  const clean = withoutInvisible(value)
  return { ...clean, text: breakMarkup(clean.text) }
}

function withoutInvisible(value: string): ReadableText {
  const { text, removed } = removeInvisible(value)
  return { text, warnings: removed ? ['hidden_text_removed'] : [] }
}
