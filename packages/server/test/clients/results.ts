/**
 * What clients hand to their models of one tool result: each function does what the client's own code does with it, as
 * read in its package. Text and pictures count; who sees the rest is nobody.
 */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'

export interface Handed {
  readonly text: string
  /** Base64 of each. */
  readonly pictures: readonly string[]
}

export type ReadResult = (result: CallToolResult) => Handed

/** The text parts, and the pictures beside them. */
export const textAndPictures: ReadResult = ({ content }) => ({
  text: content.map((part) => (part.type === 'text' ? part.text : '')).join('\n'),
  pictures: content.flatMap((part) => (part.type === 'image' ? [part.data] : [])),
})

/** A structured part in place of everything else, pictures too. */
export const structuredInstead: ReadResult = (result) =>
  result.structuredContent === undefined
    ? textAndPictures(result)
    : { text: JSON.stringify(result.structuredContent), pictures: [] }

/** A structured part in place of the text alone, in a result and in an error. */
export const structuredForText: ReadResult = (result) =>
  result.structuredContent === undefined
    ? textAndPictures(result)
    : { ...textAndPictures(result), text: JSON.stringify(result.structuredContent) }

/** A structured part in place of the text of a result; an error is its text. */
export const structuredButErrors: ReadResult = (result) =>
  result.isError === true ? textAndPictures(result) : structuredForText(result)

/** Both copies, the structured one last. */
export const bothCopies: ReadResult = (result) => {
  const { text, pictures } = textAndPictures(result)
  const structured = result.structuredContent === undefined ? '' : JSON.stringify(result.structuredContent)
  return { text: `${text}\n${structured}`, pictures }
}

/** The middle is cut out of every string that is longer. */
export function cutInTheMiddle(read: ReadResult, maxChars: number): ReadResult {
  return (result) => {
    const { text, pictures } = read(result)
    if (text.length <= maxChars) return { text, pictures }
    const mark = `\n...[truncated ${text.length - maxChars} chars]...\n`
    const kept = Math.floor((maxChars - mark.length) / 2)
    return { text: `${text.slice(0, kept)}${mark}${text.slice(-kept)}`, pictures }
  }
}

/** What is longer goes to a file, of which the model gets the first lines. */
export function cutAtTheEnd(read: ReadResult, maxChars: number, shownChars: number): ReadResult {
  return (result) => {
    const { text, pictures } = read(result)
    return text.length <= maxChars ? { text, pictures } : { text: text.slice(0, shownChars), pictures }
  }
}

/** For the test's own questions; what a client hands on is read with the functions above. */
export function structuredOf<T>(result: CallToolResult): T {
  if (result.structuredContent === undefined || result.isError === true)
    throw new Error(`No result: ${textAndPictures(result).text}`)
  return result.structuredContent as T
}
