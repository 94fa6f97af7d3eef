/** Writes docs/adversarial.md. */
import { writeFileSync } from 'node:fs'
import { runAll } from '../test/adversarial/obedience.ts'
import { toAdversarialDocument } from '../test/adversarial/obedience-document.ts'

const document = toAdversarialDocument(await runAll())
writeFileSync(new URL('../../../docs/adversarial.md', import.meta.url), document)
