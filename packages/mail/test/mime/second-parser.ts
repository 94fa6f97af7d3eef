/**
 * A mail read twice: by us and by postal-mime. Compared are the leaves of its tree (which are text, which are attached,
 * under which names and types, with which octets) and the words of its texts. What differs is told in words.
 */
import { createHash } from 'node:crypto'
import PostalMime from 'postal-mime'
import { decodeText } from '../../src/mime/charset.ts'
import { decodeHeader } from '../../src/mime/encoded-words.ts'
import { findField, parseSource } from '../../src/mime/source.ts'
import { type BodyStructure, isMessageType } from '../../src/mime/structure.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { sortParts } from '../../src/reading/structure.ts'

export interface Leaf {
  readonly node: BodyStructure
  /** As the second parser takes it: text unless it is attached. */
  readonly isText: boolean
  /** As we take it, by RFC 8621 §4.1.4. */
  readonly taken: 'body' | 'file' | 'neither'
  readonly parents: readonly string[]
}

/** Of the message itself: a mail inside it is one leaf. */
export function leavesOf(root: BodyStructure): Leaf[] {
  const { bodies, files } = sortParts(root)
  const inBody = new Set(bodies.flatMap(({ plain, html }) => [...plain, ...html]).map(({ partId }) => partId))
  const listed = new Set(files.filter(({ inPart }) => inPart === undefined).map(({ partId }) => partId))
  const leaves: Leaf[] = []
  const visit = (node: BodyStructure, parents: readonly string[]): void => {
    if (node.childNodes !== undefined && !isMessageType(node.type)) {
      for (const child of node.childNodes) visit(child, [...parents, node.type])
      return
    }
    const part = node.part ?? '1'
    const isText = /^text\/(?:plain|html)$/.test(node.type) && node.disposition !== 'attachment'
    const taken = inBody.has(part) ? 'body' : listed.has(part) ? 'file' : 'neither'
    leaves.push({ node, isText, taken, parents })
  }
  visit(root, [])
  return leaves
}

export async function compare(raw: Buffer): Promise<string[]> {
  const ours = parseSource(raw)
  const theirs = await PostalMime.parse(raw, { forceRfc822Attachments: true })
  const differences: string[] = []
  const expectSame = (what: string, one: string, other: string) => {
    if (one !== other) differences.push(`${what}: ${short(one)} / ${short(other)}`)
  }
  const subject = decodeHeader(Buffer.from(findField(ours.fields, 'subject') ?? '', 'latin1'))
  expectSame('subject', blanks(subject), blanks(theirs.subject ?? ''))
  const leaves = leavesOf(ours.root)
  const attached = leaves.filter(({ isText }) => !isText).map(({ node }) => node)
  expectSame(
    'attachments',
    attached.map(describe).join('\n'),
    theirs.attachments
      .map(({ mimeType, filename, disposition, content }) =>
        JSON.stringify([
          mimeType,
          filename ?? '',
          disposition ?? '',
          hash(Buffer.from(content as ArrayBuffer)),
        ]),
      )
      .join('\n'),
  )
  for (const { node } of leaves.filter(({ isText }) => isText)) {
    const text = blanks(textOf(node))
    const whole = node.type === 'text/html' ? theirs.html : theirs.text
    const other = blanks(whole ?? '')
    if (other.includes(text)) continue
    const what = ascii(other).includes(ascii(text)) ? 'letters' : 'words'
    expectSame(`${what} of ${node.type}`, text, other)
  }
  return differences
}

/** Words that the second parser finds in a damaged mail, and we in none of its leaves. */
export async function findLost(raw: Buffer): Promise<string[]> {
  const theirs = await PostalMime.parse(raw, { forceRfc822Attachments: true })
  const ours = leavesOf(parseSource(raw).root)
    .map(({ node }) => textOf(node))
    .join(' ')
  // What is glued to a word depends on how each takes the damaged line.
  const said = `${theirs.text ?? ''} ${theirs.html ?? ''}`.match(/[A-Za-z]{4,}/g) ?? []
  return [...new Set(said)].filter((word) => !ours.includes(word))
}

function textOf({ content = Buffer.alloc(0), encoding = '', parameters, type }: BodyStructure): string {
  return decodeText(decodeTransfer(content, encoding, true), parameters?.charset ?? '', {
    isHtml: type === 'text/html',
  })
}

function describe(node: BodyStructure): string {
  const name = node.dispositionParameters?.filename ?? node.parameters?.name ?? ''
  // The second parser gives a calendar as UTF-8, whatever it was in.
  const isCalendar = node.type === 'text/calendar' || node.type === 'application/ics'
  const bytes = isCalendar
    ? Buffer.from(textOf(node))
    : decodeTransfer(node.content ?? Buffer.alloc(0), node.encoding ?? '')
  return JSON.stringify([node.type, name, node.disposition ?? '', hash(bytes)])
}

/** Line ends are written in two ways, and the last one belongs to the boundary or not. */
function hash(bytes: Buffer): string {
  const octets = bytes.toString('latin1').replaceAll(/\r\n?/g, '\n').replace(/\n+$/, '')
  return `${octets.length} ${createHash('sha256').update(octets, 'latin1').digest('hex').slice(0, 8)}`
}

function blanks(text: string): string {
  return text.replaceAll(/[\s\ufeff]+/gu, ' ').trim()
}

function ascii(text: string): string {
  return blanks(text.replaceAll(/[^ -~]+/g, ''))
}

function short(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text
}
