/** Why an email shows no text, in a sentence and a code: an empty body in silence looks like a fault of the reader. */
import { type BodyStructure, isMessageType } from '../mime/structure.ts'
import type { MessageParts } from './structure.ts'

export interface EmptyBody {
  readonly code: 'encrypted' | 'no_text' | 'part_not_read'
  /** Fixed words and part numbers only: nothing of it is the sender's. */
  readonly note: string
}

const sealed = {
  smime_encrypted: 'This email is encrypted with S/MIME',
  pgp_encrypted: 'This email is encrypted with PGP',
}

export function describeEmpty(
  structure: BodyStructure | undefined,
  { bodies, files, closed }: MessageParts,
  hasHidden: boolean,
): EmptyBody {
  for (const { kind } of closed) {
    if (kind === 'smime_encrypted' || kind === 'pgp_encrypted') {
      const note = `[${sealed[kind]}: it cannot be read here, the owner's own mail program can.]`
      return { code: 'encrypted', note }
    }
  }
  const unopened = closed.find(({ node }) => node.childNodes === undefined)
  if (unopened !== undefined) {
    const what = unopened.kind === 'tnef' ? 'an Outlook container (winmail.dat)' : 'S/MIME signed data'
    const note = `[The text is inside ${what} that could not be opened: attachment ${unopened.node.part ?? '1'}.]`
    return { code: 'part_not_read', note }
  }
  if (structure === undefined)
    return {
      code: 'part_not_read',
      note: '[The mail server does not give this email in a form that can be read.]',
    }
  const listed = files.filter(({ inPart }) => inPart === undefined).slice(0, 10)
  const ids = listed.map(({ partId }) => partId).join(', ')
  const kind = listed.every(({ contentType }) => isMessageType(contentType))
    ? 'another email'
    : listed.every(({ contentType }) => /^(?:image|audio|video)\//.test(contentType))
      ? 'pictures or sound'
      : 'files'
  const rest = listed.length === 0 ? 'and no attachment' : `but ${kind}: attachment ${ids}`
  const empty = bodies.length === 0 ? 'no text' : hasHidden ? 'no visible text' : 'an empty text'
  return { code: 'no_text', note: `[This email has ${empty}, ${rest}.]` }
}
