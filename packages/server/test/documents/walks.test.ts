/** The walks of CONTRIBUTING.md lead through files and functions that exist, and stay short enough to be walked. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)
const contributing = readFileSync(new URL('CONTRIBUTING.md', root), 'utf8')
const [, text = ''] = /## Four walks\n([\s\S]*?)\n## /.exec(contributing) ?? []

const walks = text
  .split('\n### ')
  .slice(1)
  .map((walk) => ({
    title: walk.split('\n')[0] ?? '',
    steps: [...walk.matchAll(/^\d+\. `([^`]+)` `(\w+)`: \S/gm)].map(([, file = '', name = '']) => ({
      file,
      name,
    })),
    lines: (walk.match(/^\d+\. /gm) ?? []).length,
  }))

/** A function, a constant, or a method of an object that a factory returns. */
function declares(source: string, name: string): boolean {
  const forms = [
    `(?:function|const) ${name}\\b`,
    `^ *(?:async )?${name}(?:<[^>]*>)?\\([^)]*\\).*\\{$`,
    `^ *${name},$`,
  ]
  return forms.some((form) => new RegExp(form, 'm').test(source))
}

test('there are four walks', () => {
  expect(walks.map(({ title }) => title)).toEqual(['A token', 'A password', 'A message id', 'A send'])
})

test.each(walks)('$title: at most 14 files, each with the function that is named', ({ steps, lines }) => {
  expect(steps).toHaveLength(lines)
  expect(steps.length).toBeGreaterThan(5)
  expect(new Set(steps.map(({ file }) => file)).size).toBeLessThanOrEqual(14)
  const lost = steps.filter(({ file, name }) => {
    const path = new URL(`packages/${file}`, root)
    return !existsSync(path) || !declares(readFileSync(path, 'utf8'), name)
  })
  expect(lost).toEqual([])
})
