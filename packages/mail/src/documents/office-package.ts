/** What the three Office formats share (ECMA-376 part 2): parts in a ZIP archive that refer to each other by relations. */
import { posix } from 'node:path'
import { readXml, type XmlHandler } from './xml.ts'
import type { Zip } from './zip.ts'

export interface Relation {
  readonly id: string
  /** The last word of its type: `worksheet`, `comments`. */
  readonly type: string
  /** A name in the archive. */
  readonly target: string
}

/** A document of more parts than this was made by no office program. */
const maxRelations = 20_000

/** Of one part; empty where it has none. What points out of the archive is left out. */
export async function readRelations(zip: Zip, part: string): Promise<Relation[]> {
  const folder = posix.dirname(part)
  const relations: Relation[] = []
  await readPart(zip, posix.join(folder, '_rels', `${posix.basename(part)}.rels`), {
    open(name, { Id: id = '', Type: type = '', Target: target = '', TargetMode: mode }) {
      if (localName(name) !== 'Relationship' || mode === 'External' || relations.length >= maxRelations)
        return
      const path = target.startsWith('/') ? target.slice(1) : posix.join(folder, target)
      relations.push({ id, type: type.slice(type.lastIndexOf('/') + 1), target: path })
    },
  })
  return relations
}

/** False where the archive has no such part. */
export async function readPart(zip: Zip, name: string, handler: XmlHandler): Promise<boolean> {
  const content = zip.open(name)
  if (content === undefined) return false
  await readXml(content, handler)
  return true
}

export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** `w:val` and its like, by their local name: an absent value of a switch means on. */
export function isOn(value: string | undefined): boolean {
  return value === undefined || !/^(0|false|off|none)$/i.test(value)
}
