/**
 * Writes tools.generated.json, every tool as `tools/list` says it, so that a change of the contract is a diff (R54), and
 * docs/tools.md, the same for people.
 */
import { writeFileSync } from 'node:fs'
import { cardToolDefinitions, toolDefinitions, tools } from '../src/tools/catalog.ts'
import { toToolsDocument } from './tools-document.ts'

const definitions = new URL('../tools.generated.json', import.meta.url)
const document = new URL('../../../docs/tools.md', import.meta.url)
writeFileSync(definitions, `${JSON.stringify([...toolDefinitions, ...cardToolDefinitions], null, 2)}\n`)
writeFileSync(document, toToolsDocument(tools))
