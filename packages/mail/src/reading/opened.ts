/**
 * Parts that hold mail which a server cannot list: S/MIME signed data and Outlook's `winmail.dat`. Opened, they are one
 * more subtree, whose parts are numbered behind a `~`, so that rows, details and attachments treat them alike.
 */
import { openCms } from '../mime/signed-data.ts'
import { parseSource } from '../mime/source.ts'
import { type BodyStructure, isMessageType, maxDepth } from '../mime/structure.ts'
import { openTnef } from '../mime/tnef.ts'
import { decodeInTurns } from '../mime/transfer-stream.ts'

export type ContainerKind = 'signed' | 'tnef' | 'smime_encrypted'

/** One inside the other: signed, then compressed, then signed again. */
const maxWrappings = 3

export function containerOf({ type, parameters }: BodyStructure, name = ''): ContainerKind | undefined {
  const isP7m = /^application\/(?:x-)?pkcs7-mime$/.test(type)
  if (isP7m || (type === 'application/octet-stream' && /^smime\.p7m$/i.test(name))) {
    const smime = parameters?.['smime-type']?.toLowerCase()
    if (smime === 'certs-only') return undefined
    return smime === 'enveloped-data' || smime === 'authenveloped-data' ? 'smime_encrypted' : 'signed'
  }
  const isTnef = /^application\/(?:vnd\.)?ms-tnef$/.test(type) || /^win(?:mail|dat)?\.dat$/i.test(name)
  return isTnef ? 'tnef' : undefined
}

/** The part with what it holds below it; unchanged where that cannot be read. */
export async function openContainer(
  node: BodyStructure,
  kind: ContainerKind,
  encoded: Buffer,
  wrappings = 0,
): Promise<BodyStructure> {
  const bytes = await decodeInTurns(encoded, node.encoding ?? '')
  const under = `${node.part ?? '1'}~`
  if (kind === 'tnef') {
    const root = openTnef(bytes, under)
    return root === undefined ? node : { ...node, childNodes: [await openWithin(root, wrappings)] }
  }
  const opened = openCms(bytes)
  if (opened === 'encrypted')
    return { ...node, parameters: { ...node.parameters, 'smime-type': 'enveloped-data' } }
  if (opened === undefined) return node
  const { root } = parseSource(opened.content, under)
  return { ...node, childNodes: [await openWithin(root, wrappings)] }
}

/** Containers whose bytes are here, at any depth. */
export async function openWithin(node: BodyStructure, wrappings = 0, depth = 0): Promise<BodyStructure> {
  if (depth > maxDepth) return node
  if (node.childNodes !== undefined && (node.type.startsWith('multipart/') || isMessageType(node.type))) {
    const childNodes: BodyStructure[] = []
    for (const child of node.childNodes) childNodes.push(await openWithin(child, wrappings, depth + 1))
    return { ...node, childNodes }
  }
  const name = node.dispositionParameters?.filename ?? node.parameters?.name
  const kind = containerOf(node, name)
  if (kind === undefined || kind === 'smime_encrypted' || node.content === undefined || node.childNodes)
    return node
  return wrappings >= maxWrappings ? node : await openContainer(node, kind, node.content, wrappings + 1)
}
