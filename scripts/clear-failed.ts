/**
 * `pnpm clear-failed --stage prod`: what `pnpm sst deploy` and `pnpm cdk deploy` do by themselves (scripts/deployment-tool.ts), for
 * a deployment by another program.
 */
import { parseArgs } from 'node:util'
import { getStage } from '../stacks/stages.ts'
import { clearStage } from './failed-creation.ts'

const usage = `Usage: pnpm clear-failed --stage <name>

For a stage whose first deployment failed while its tables were made. Deletes those tables, which are empty, and nothing
else. Then deploy again: sst and cdk delete the failed stack themselves. Refused, with nothing touched, for a stage that
has all its tables, a function, or a row. Needs credentials of AWS that may delete the tables of the stage.
"pnpm sst deploy" and "pnpm cdk deploy" need no such command first: they do the same where it is needed.

Ends with 0 if nothing is in the way of a deployment any more, 1 if it was refused or failed, 2 if it was asked for wrongly.
`

try {
  const { values } = parseArgs({ options: { stage: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help || values.stage === undefined) {
    process.stdout.write(usage)
    process.exitCode = values.help ? 0 : 2
  } else {
    const deleted = await clearStage(getStage(values.stage))
    process.stdout.write(
      deleted.length === 0
        ? 'No table of this stage is there: nothing is in the way of a deployment.\n'
        : `Deleted, all empty: ${deleted.join(', ')}. Deploy again.\n`,
    )
  }
} catch (error) {
  const isWrong = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (isWrong) process.stdout.write(`\n${usage}`)
  process.exitCode = isWrong ? 2 : 1
}
