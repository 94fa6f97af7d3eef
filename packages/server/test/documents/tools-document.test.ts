/** docs/tools.md against the tools. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { toToolsDocument } from '../../scripts/tools-document.ts'
import { tools } from '../../src/tools/catalog.ts'

const committed = readFileSync(new URL('../../../../docs/tools.md', import.meta.url), 'utf8')

test('R54: docs/tools.md is what the tools say (pnpm write-tools writes it)', () => {
  expect(committed).toBe(toToolsDocument(tools))
})

test('docs/tools.md names every parameter and every key of a result', () => {
  for (const tool of tools) {
    const section = committed.split(`\n## ${tool.name}\n`)[1]?.split('\n## ')[0] ?? ''
    const named = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
    const { shape: given } = tool.input as unknown as { shape: object }
    const { shape: answered } = (tool.output ?? { shape: {} }) as unknown as { shape: object }
    expect(named).toEqual(expect.arrayContaining([...Object.keys(given), ...Object.keys(answered)]))
  }
})
