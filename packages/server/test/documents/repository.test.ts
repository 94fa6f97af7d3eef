/** The address of the repository is one, wherever it is written, and no placeholder is left in what people read first. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const { homepage, repository, bugs } = JSON.parse(read('package.json')) as {
  readonly homepage: string
  readonly repository: { readonly url: string }
  readonly bugs: string
}
const address = homepage.split('#')[0] ?? ''
const documents = readdirSync(root).filter((name) => name.endsWith('.md'))

test('package.json names one repository', () => {
  expect(address).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/)
  expect(repository.url).toBe(`git+${address}.git`)
  expect(bugs).toBe(`${address}/issues`)
})

test('documents link to that repository and hold no placeholder', () => {
  const templates = ['config.yml'].map((name) => `.github/ISSUE_TEMPLATE/${name}`)
  const name = address.split('/').at(-1)
  for (const file of [...documents, ...templates]) {
    const text = read(file)
    const links = [...text.matchAll(/https:\/\/github\.com\/[\w-]+\/[\w-]+/g)].map(([link]) => link)
    expect(links.filter((link) => link.endsWith(`/${name}`) && link !== address)).toEqual([])
    expect(text.match(/<(?:this|your|the)[ -][^>]*>/g) ?? [], file).toEqual([])
  }
  for (const file of ['README.md', 'SECURITY.md']) expect(read(file)).toContain(address)
})
