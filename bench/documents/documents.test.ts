/** R80: a share of what `pnpm bench:documents` reads, against the programs that wrote it. */
import { createTempFolder } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { compareAll, leastShare } from './compare.ts'
import { canRun, writeDocuments } from './programs.ts'

test.skipIf(!canRun)(
  'R80: the words of documents of five programs are those that LibreOffice and poppler find (needs LibreOffice and poppler)',
  async () => {
    const folder = createTempFolder('documents')
    try {
      const files = await writeDocuments(folder.path, 2)
      const comparisons = await compareAll(files, folder.path)
      expect(comparisons.map(({ file }) => file).sort()).toEqual([...files].sort())
      for (const { file, found, right, missing } of comparisons) {
        expect(found, `${file} lacks ${missing.join(' ')}`).toBeGreaterThanOrEqual(leastShare)
        expect(right, `${file} has ${missing.join(' ')}`).toBeGreaterThanOrEqual(leastShare)
      }
    } finally {
      await folder.remove()
    }
  },
  600_000,
)
