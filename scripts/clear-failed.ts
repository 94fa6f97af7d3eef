/**
 * `pnpm clear-failed --stage prod`: deletes the empty tables that a stage's first deployment left when it failed between two
 * of them, so that the next attempt can make its own. Refused for a stage that has ever run or holds a row.
 */
import { parseArgs } from 'node:util'
import { GetFunctionCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda'
import { clearFailedCreation } from '../packages/server/src/store/dynamodb/failed-creation.ts'
import { tableSchemas } from '../packages/server/src/store/table-schema.ts'
import { functionName, tableName } from '../stacks/names.ts'
import { getStage } from '../stacks/stages.ts'

const usage = `Usage: pnpm clear-failed --stage <name>

For a stage whose first deployment failed while its tables were made. Deletes those tables, which are empty, and nothing
else. Then deploy again: sst and cdk delete the failed stack themselves. Refused, with nothing touched, for a stage that
has all its tables, a function, or a row. Needs credentials of AWS that may delete the tables of the stage.

Ends with 0 if nothing is in the way of a deployment any more, 1 if it was refused or failed, 2 if it was asked for wrongly.
`

async function clear(stageName: string): Promise<string> {
  const { name, region } = getStage(stageName)
  const lambda = new LambdaClient({ region })
  const mcp = functionName(name, 'mcp')
  if (await hasFunction(lambda, mcp))
    throw new Error(`Nothing was deleted: the stage runs, as ${mcp} is there.`)
  const tables = Object.values(tableSchemas).map(({ suffix }) => tableName(name, suffix))
  const clearing = await clearFailedCreation({ region, tables })
  if (clearing.outcome === 'cleared') {
    const { deleted } = clearing
    return deleted.length === 0
      ? 'No table of this stage is there: nothing is in the way of a deployment.'
      : `Deleted, all empty: ${deleted.join(', ')}. Deploy again.`
  }
  const { reason, table } = clearing
  throw new Error(
    reason === 'in use'
      ? `Nothing was deleted: ${table} holds data.`
      : `Nothing was deleted: ${table} is there, and it is made last, so the tables of this stage are complete.`,
  )
}

async function hasFunction(client: LambdaClient, FunctionName: string): Promise<boolean> {
  try {
    await client.send(new GetFunctionCommand({ FunctionName }))
    return true
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false
    throw error
  }
}

try {
  const { values } = parseArgs({ options: { stage: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help || values.stage === undefined) {
    process.stdout.write(usage)
    process.exitCode = values.help ? 0 : 2
  } else process.stdout.write(`${await clear(values.stage)}\n`)
} catch (error) {
  const isWrong = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (isWrong) process.stdout.write(`\n${usage}`)
  process.exitCode = isWrong ? 2 : 1
}
