/** Writes tools.generated.json: every tool as `tools/list` says it, so that a change of the contract is a diff (R54). */
import { writeFileSync } from 'node:fs'
import { toolDefinitions } from '../src/tools/registry.ts'

const path = new URL('../tools.generated.json', import.meta.url)
writeFileSync(path, `${JSON.stringify(toolDefinitions, null, 2)}\n`)
