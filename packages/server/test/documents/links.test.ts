/** Links between the documents, and to the pictures they show. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)

test('no document links to a file that is not there', () => {
  const folders = ['', 'docs/', 'docs/adr/', '.github/']
  const documents = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .filter((name) => name.endsWith('.md'))
      .map((name) => new URL(folder + name, root)),
  )
  const broken = documents.flatMap((document) =>
    [...readFileSync(document, 'utf8').matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g)]
      .filter(([, target = '']) => !existsSync(new URL(target, document)))
      .map(([link]) => `${document.pathname.split('/').at(-1)} ${link}`),
  )
  expect(broken).toEqual([])
})
