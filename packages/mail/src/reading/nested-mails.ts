/** Mails inside a mail, at any depth, in order: who wrote them, and which of their parts are their text. */
import { type BodyStructure, isMessageType, maxDepth } from '../mime/structure.ts'
import { cleanLine, toAddresses, toDate } from './envelope-text.ts'
import { type BodyPlace, sortParts } from './structure.ts'

export interface NestedMail {
  readonly node: BodyStructure
  readonly bodies: readonly BodyPlace[]
}

/** A digest of a busy list; more are listed and read one by one. */
const maxNested = 30

export function nestedMails(structure: BodyStructure | undefined): NestedMail[] {
  const found: NestedMail[] = []
  const visit = (node: BodyStructure, depth: number): void => {
    if (depth > maxDepth || found.length >= maxNested) return
    const [root] = node.childNodes ?? []
    if (isMessageType(node.type)) found.push({ node, bodies: sortParts(root).bodies })
    for (const child of node.childNodes ?? []) visit(child, depth + 1)
  }
  if (structure !== undefined) visit(structure, 0)
  return found
}

export function toHeading({ part = '1', envelope }: BodyStructure): string {
  const people = (list: ReturnType<typeof toAddresses>) =>
    list.map(({ name, address }) => (name === undefined ? address : `${name} <${address}>`)).join(', ')
  const lines = [
    ['From', people(toAddresses(envelope?.from))],
    ['To', people(toAddresses(envelope?.to))],
    ['Cc', people(toAddresses(envelope?.cc))],
    ['Date', envelope?.date === undefined ? '' : toDate({ envelope })],
    ['Subject', cleanLine(envelope?.subject)],
  ]
  const said = lines.flatMap(([name, value]) => (value === '' ? [] : `${name}: ${value?.slice(0, 600)}`))
  return [`[Email ${part} inside this one]`, ...said].join('\n')
}
