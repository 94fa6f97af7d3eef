/** docs/transitions.md, from what the tests replay: `pnpm write-transitions`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { move, noticed, refusedChanges, sentenceOf, stages } from './transitions.ts'

export const transitionsFile = join(import.meta.dirname, '..', '..', 'docs', 'transitions.md')

export function transitionsDocument(): string {
  const names = Object.keys(stages)
  const numbers = names.map((_, index) => String(index + 1))
  const cell = (from: string, to: string) => {
    if (from === to) return '='
    const refusal = move(from, to)
    return refusal === 'none' ? noticed(from, to).join(', ') || 'yes' : `no: ${refusal}`
  }
  return `# Changes of a stage

Printed by \`pnpm write-transitions\` from what stacks/test replays against a stand-in that refuses what CloudFormation
refuses; do not edit. Each change was deployed, taken back, and deployed again.

${names.map((name, index) => `${index + 1}. ${name}`).join('\n')}

| From ↓ to → | ${numbers.join(' | ')} |
| --- |${' --- |'.repeat(numbers.length)}
${names.map((from, index) => `| ${index + 1} | ${names.map((to) => cell(from, to)).join(' | ')} |`).join('\n')}

- *yes*: nobody notices.
- *address*: the address that clients use is another one. Everyone connects again.
- *egress*: mail servers see another address, which cannot be had again once it was given up.
- *data*: tables, keys and secrets are no longer protected; they go when the stage is removed.

## Refused before anything is touched

| Change | Sentence |
| --- | --- |
${refusedChanges.map(([title, from, change]) => `| ${title} | ${sentenceOf(from, change)} |`).join('\n')}
| a stage whose entry is gone | stages.json has no entry for it |

## A deployment that failed

The first one was made to fail at each resource of each stack of a stage with everything; the same command then succeeded. Where it
failed at a later table, \`pnpm sst deploy\` and \`pnpm cdk deploy\` first delete the tables before it, which are empty
([deploy.md](deploy.md), "Update and roll back").
`
}

if (process.argv[1] === import.meta.filename) writeFileSync(transitionsFile, transitionsDocument())
