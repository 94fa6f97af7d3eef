/**
 * The same stacks with plain CDK: `cdk deploy --all -c stage=NAME`, and what `pnpm synth` runs. Bundles are always
 * built anew, so that what is deployed is what is here.
 */
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { buildFunctions } from '../scripts/build.ts'
import { createBundledFunction, createStacks } from './email-connector.ts'
import { stackName } from './names.ts'
import { getStage } from './stages.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist', 'functions')
const app = new App()
const name: unknown = app.node.tryGetContext('stage') ?? 'personal'
if (typeof name !== 'string') throw new Error('Say which stage: -c stage=NAME')
const stage = getStage(name)
const account = process.env.CDK_DEFAULT_ACCOUNT

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
