/**
 * The same stacks with plain CDK: `cdk deploy --all -c stage=NAME`, and what `pnpm synth` runs. Bundles are always
 * built again, so that what is deployed is what is here.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { buildFunctions } from '../scripts/build.ts'
import { createBundledFunction, createStacks } from './app.ts'
import { stackName } from './names.ts'
import { getStage } from './stages.ts'

const app = new App()
const name: unknown = app.node.tryGetContext('stage') ?? 'personal'
if (typeof name !== 'string') throw new Error('Say which stage: -c stage=NAME')
const stage = getStage(name, process.env.STAGES_FILE)
const account = process.env.CDK_DEFAULT_ACCOUNT

const folder = mkdtempSync(join(tmpdir(), 'email-connector-functions-'))
await buildFunctions(folder)
createStacks(app, stage, {
  createStack: (id) =>
    new Stack(app, stackName(stage.name, id), {
      env: { region: stage.region, ...(account !== undefined && { account }) },
    }),
  createFunction: createBundledFunction(folder),
  streams: true,
})
app.synth()
rmSync(folder, { recursive: true })
