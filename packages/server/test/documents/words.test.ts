/**
 * Words that this code base does not use, since a reader has to decode them (docs/glossary.md): in sources, documents and
 * the titles of tests. Documents that are generated from titles follow them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { listSources, readSource } from '@email-connector/testing/test-titles'
import { expect, test } from 'vitest'

const root = new URL('../../../../', import.meta.url)

const banned = /\banew\b|\bof (?:ours|theirs)\b|\bwhoever\b|\blook-ups?\b/i
/** In sentences only: elsewhere it may be a language. */
const bannedInComments = /\b(?:he|him|his|himself)\b/

function listBanned(text: string): string[] {
  const isComment = (line: string) => /^\s*(?:\*|\/\/|\/\*\*) /.test(line)
  return text
    .split('\n')
    .filter((line) => banned.test(line) || (isComment(line) && bannedInComments.test(line)))
}

test('a banned word is found in a comment, a text and a title', () => {
  const lines = [
    '/** Made anew. */',
    'const text = "a list of ours"',
    "test('whoever asks', f)",
    ' * what he said',
  ]
  expect(listBanned([...lines, 'const he = theirs'].join('\n'))).toEqual(lines)
})

test('no source, document or title has a banned word', () => {
  const documents = ['', 'docs/', 'docs/adr/'].flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
      .map((name) => ({ file: folder + name, text: readFileSync(new URL(folder + name, root), 'utf8') })),
  )
  const sources = listSources()
    .filter((file) => !file.endsWith('documents/words.test.ts'))
    .map((file) => ({ file, text: readSource(file) }))
  const found = [...documents, ...sources].flatMap(({ file, text }) =>
    listBanned(text).map((line) => `${file}: ${line.trim()}`),
  )
  expect(found).toEqual([])
})

test('every test begins with `test`: there is one word for one thing', () => {
  const imported = /import \{[^}]*\bit\b[^}]*\} from 'vitest'/
  expect(listSources().filter((file) => imported.test(readSource(file)))).toEqual([])
})
