/** Writes docs/requirements.md. */
import { writeFileSync } from 'node:fs'
import { toRequirementsDocument } from './requirements-document.ts'

writeFileSync(new URL('../../../docs/requirements.md', import.meta.url), toRequirementsDocument())
