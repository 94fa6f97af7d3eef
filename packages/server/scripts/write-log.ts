/** Writes docs/log.md: what the log can say, for operators. */
import { writeFileSync } from 'node:fs'
import { toLogDocument } from './log-document.ts'

writeFileSync(new URL('../../../docs/log.md', import.meta.url), toLogDocument())
