/** Every name that mail and oauth give to other packages says what it is: others read the name and its comment only. */
import { posix } from 'node:path'
import { readSource } from '@email-connector/testing/test-titles'
import { expect, test } from 'vitest'

/** The names of an index with the files that declare them; of `export type *`, every name that the file exports. */
function listNames(index: string): { name: string; file: string }[] {
  const clauses = [...readSource(index).matchAll(/^export (?:type )?(\*|\{[^}]*\}) from '([^']+)'/gm)]
  return clauses.flatMap(([, names = '', path = '']) => {
    const file = posix.join(posix.dirname(index), path)
    const listed = names === '*' ? exportsOf(file) : names.slice(1, -1).split(',')
    return listed
      .map((name) => ({ name: name.replace(/\btype\b/, '').trim(), file }))
      .filter(({ name }) => name !== '')
  })
}

function exportsOf(file: string): string[] {
  return [...readSource(file).matchAll(/^export (?:interface|type|class|const|function) (\w+)/gm)].map(
    ([, name = '']) => name,
  )
}

/** Whether a doc comment ends on the line before the declaration. */
function isDescribed({ name, file }: { name: string; file: string }): boolean {
  const kinds = 'interface|type|class|const|function\\*?|async function'
  return new RegExp(`\\*/\\nexport (?:${kinds}) ${name}\\b`).test(readSource(file))
}

test.each(['packages/mail/src/index.ts', 'packages/oauth/src/index.ts'])(
  'every name of %s has a doc comment',
  (index) => {
    const names = listNames(index)
    expect(names.length).toBeGreaterThan(25)
    expect(names.filter((one) => !isDescribed(one))).toEqual([])
  },
)
