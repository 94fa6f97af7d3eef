/** `pnpm bench:documents`: many documents of five programs, read by us, by LibreOffice and by poppler. */
import { createTempFolder } from '@email-connector/testing'
import { compareAll, leastShare } from './compare.ts'
import { canRun, writeDocuments } from './programs.ts'

const stories = 12

if (!canRun) {
  console.error(
    'LibreOffice, poppler-utils and Chromium are needed: `sh scripts/install-test-servers.sh documents` installs them.',
  )
  process.exit(1)
}
const folder = createTempFolder('documents')
try {
  const files = await writeDocuments(folder.path, stories)
  const comparisons = await compareAll(files, folder.path)
  for (const { file, found, right, missing } of comparisons)
    console.log(
      `${(found * 100).toFixed(1).padStart(5)} % found, ${(right * 100).toFixed(1).padStart(5)} % right  ${file.slice(folder.path.length + 1)}${found < 1 || right < 1 ? `  ${missing.join(' ')}` : ''}`,
    )
  const worst = Math.min(...comparisons.flatMap(({ found, right }) => [found, right]))
  console.log(`${comparisons.length} documents, the worst ${(worst * 100).toFixed(1)} %`)
  if (worst < leastShare) {
    console.error(`At least ${leastShare * 100} % of each document’s words have to be found, and right.`)
    process.exitCode = 1
  }
} finally {
  await folder.remove()
}
