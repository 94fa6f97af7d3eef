/**
 * What is said of hidden text. A newsletter hides its preview line, a spacer, a label or the phone's copy of a block as
 * a matter of course: news are words of substance that the reader sees nowhere in the mail, and any that speak to a
 * machine.
 */
import { collapsePadding } from './invisible-characters.ts'
import type { VisibleNode } from './visible-nodes.ts'
import type { HiddenText, VisibleTree } from './visible-tree.ts'

/** In front of the text, where no one piece of it can be named. */
export const partlyStyledMark =
  '[The styles of this email were not understood to their end: a mail program may hide some of it.]'

/** One word. Of 520 mails a bound of 20 letters would silence eight, and an order to a machine may be shorter. */
const leastLetters = 6

export function hiddenWarnings(tree: VisibleTree): string[] {
  return [
    ...(tree.hadCarriers || hidesWords(tree) ? ['hidden_text_removed'] : []),
    ...(tree.isUnsure ? ['hidden_text_possible'] : []),
  ]
}

function hidesWords({ children, hiddenTexts, rest }: VisibleTree): boolean {
  const suspects = hiddenTexts.filter((hidden) => !isOrdinary(hidden))
  if (suspects.length === 0) return false
  const seen = new Set(wordsOf(rest))
  const walk = (node: VisibleNode): void => {
    if (node.kind === 'text') for (const word of wordsOf(node.value)) seen.add(word)
    else for (const child of node.children) walk(child)
  }
  for (const node of children) walk(node)
  const unseen = new Set(suspects.flatMap(({ text }) => wordsOf(text)).filter((word) => !seen.has(word)))
  return [...unseen].reduce((letters, word) => letters + word.length, 0) >= leastLetters
}

/** Tags in a comment or in what an old browser would show are no words. */
const tags = /<[^<>]*>/g

function isOrdinary({ text, isComment, isFirst }: HiddenText): boolean {
  const words = text.replaceAll(tags, ' ')
  if (namesMachine.test(words)) return false
  if (isComment) return !isProse(text)
  return isFirst && isPreviewLine(words) && !givesOrder.test(words)
}

/** What a list shows of the email beside its subject, where its sender wrote that for the list alone; else empty. */
export function previewLineOf({ hiddenTexts }: VisibleTree): string {
  const first = hiddenTexts.find(({ isComment }) => !isComment)
  return first?.isFirst && isOrdinary(first) ? first.text : ''
}

/** Two lines of a list. An address or a link in one is not there to be read in a list. */
const maxPreviewLineChars = 250

function isPreviewLine(text: string): boolean {
  const line = collapsePadding(text).trim()
  return line.length <= maxPreviewLineChars && !/@|https?:|www\./i.test(line)
}

const leastProseWords = 7

/** A sentence; no label for who edits the page, no markup put out of use, no word to programs that show no HTML. */
function isProse(comment: string): boolean {
  if (/[<>=@]|https?:|\bif you(?:['’]re| are| can)\b|\bunsubscribe\b|copyright/i.test(comment)) return false
  const words = comment.match(/\p{L}+/gu) ?? []
  const small = words.filter((word) => !/\p{Lu}/u.test(word))
  return words.length >= leastProseWords && small.length > words.length * 0.7
}

/** Whom an order to an assistant speaks to, or what it takes back, in the languages that most of them are written in. */
const namesMachine = new RegExp(
  [
    String.raw`\b(?:ignor\w*|disregard\w*|overrid\w*|forget|bypass)\b[^.]{0,60}\b(?:previous|prior|above|all|any|your|the|earlier|other)\b`,
    String.raw`\b(?:instructions?|prompts?|jailbreak|assistants?|chatbots?|machines?|llms?|gpt\w*|claude|gemini|copilot|language models?|ai (?:agents?|models?|systems?|tools?)|tool[ _-]?calls?|function[ _-]?calls?|mcp|exfiltrat\w*|system (?:message|note|override)|developer mode)\b`,
    String.raw`\b(?:anweisung\w*|ignorier\w*|assistent\w*|instrucciones|instru[cç][oõ]es|ignora\w*|asistente|ignorez|consignes|istruzioni|instructies|negeer)\b`,
    'инструкц|игнорир|ассистент|指示|忽略|指令|助手|無視|アシスタント|무시|지시',
  ].join('|'),
  'iu',
)
/** In a preview line, which advertises. */
const givesOrder = new RegExp(
  [
    String.raw`\b(?:forward|send|delet\w*|transfer|reveal|execute|append|archive)\b[^.]{0,60}\b(?:emails?|mails?|inbox|messages?|mailbox|passwords?|credentials?|tokens?|secrets?|codes?|contacts?)\b`,
    String.raw`\b(?:do not|don['’]t|never) (?:tell|mention|reveal|inform|ask)\b|\byou (?:must|are now|should now)\b`,
    String.raw`\b(?:weiterleit\w*|passw[oö]rt\w*|contrase\wa|mot de passe)\b|парол|密码|密碼|パスワード|비밀번호`,
  ].join('|'),
  'iu',
)

/** No numbers, and no references to a ticket (`ref:_00D2x`): they say nothing. */
function wordsOf(text: string): string[] {
  const words =
    text
      .replaceAll(tags, ' ')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return words.filter((word) => !/\p{N}/u.test(word))
}
