/**
 * Clears what a stage's first deployment left when it failed between two tables (store/dynamodb/failed-creation.ts says which
 * tables can be no stage's). Two ask for it: `pnpm clear-failed` by its name, and every deployment before it begins, only
 * where CloudFormation itself says that the stack of the tables was never made.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { GetFunctionCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda'
import { clearFailedCreation } from '../packages/server/src/store/dynamodb/failed-creation.ts'
import { tableSchemas } from '../packages/server/src/store/table-schema.ts'
import { functionName, stackName, tableName } from '../stacks/names.ts'

interface Place {
  readonly name: string
  readonly region: string
}

/** Names of what was deleted. Throws with a sentence where a function, a row or the last table is there: then nothing was. */
export async function clearStage({ name, region }: Place): Promise<readonly string[]> {
  const lambda = new LambdaClient({ region })
  const mcp = functionName(name, 'mcp')
  if (await hasFunction(lambda, mcp))
    throw new Error(`Nothing was deleted: the stage runs, as ${mcp} is there.`)
  const tables = Object.values(tableSchemas).map(({ suffix }) => tableName(name, suffix))
  const clearing = await clearFailedCreation({ region, tables })
  if (clearing.outcome === 'cleared') return clearing.deleted
  const { reason, table } = clearing
  throw new Error(
    reason === 'in use'
      ? `Nothing was deleted: ${table} holds data.`
      : `Nothing was deleted: ${table} is there, and it is made last, so the tables of this stage are complete.`,
  )
}

/** One question where all is well. A sentence where there was something to clear; undefined: the deployment may begin. */
export async function clearBeforeDeployment(place: Place): Promise<string | undefined> {
  if (!(await isFailedCreation(place))) return undefined
  try {
    const deleted = await clearStage(place)
    if (deleted.length === 0) return undefined
    return `The first deployment of ${place.name} had failed. Deleted what it left, all empty: ${deleted.join(', ')}.`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A creation that was rolled back, with what it left or without. An update that was is another status. */
const failedCreations: readonly string[] = ['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED']

async function isFailedCreation({ name, region }: Place): Promise<boolean> {
  const client = new CloudFormationClient({ region, maxAttempts: 2 })
  try {
    const { Stacks = [] } = await client.send(
      new DescribeStacksCommand({ StackName: stackName(name, 'data') }),
    )
    return Stacks.some(({ StackStatus = '' }) => failedCreations.includes(StackStatus))
  } catch {
    // No such stack, no credentials, no right, no network: the deployment asks the same next, and says what is wrong.
    return false
  }
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
