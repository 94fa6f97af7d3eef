/** Writes docs/spec-coverage.md: which tests cover which demand of the standards. */
import { writeFileSync } from 'node:fs'
import { coveragePath, printCoverage } from '../test/spec-coverage.ts'

writeFileSync(coveragePath, printCoverage())
