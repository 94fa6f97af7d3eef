/**
 * SST's way to the stacks: `sst dev`, `sst deploy --stage NAME`, `sst remove`. It lends its Stack and, while
 * developing, its Function; everything else is plain CDK (stacks/), which stacks/cdk-app.ts deploys without SST.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aspects } from 'aws-cdk-lib'
import { CfnFunction } from 'aws-cdk-lib/aws-lambda'
import type { SSTConfig } from 'sst'
import { Function as LiveFunction, Stack } from 'sst/constructs'
import { functionNames } from './packages/server/src/deployment-names.ts'
import { appName, createBundledFunction, createStacks } from './stacks/app.ts'
import { getStage } from './stacks/stages.ts'
import type { Host } from './stacks/types.ts'

/** From the owner's file in the folder that SST runs in, unless a pipeline keeps it elsewhere. */
const stageOf = (name: string) => getStage(name, process.env.STAGES_FILE)

const config: SSTConfig = {
  config: ({ stage = 'personal', region }) => ({ name: appName, region: region ?? stageOf(stage).region }),

  stacks(app) {
    const isLive = app.mode === 'dev'
    const folder = mkdtempSync(join(tmpdir(), 'email-connector-functions-'))
    if (isLive) build(`buildThreads('dist/live', '${liveThreads}')`)
    else if (app.mode === 'deploy') build(`buildFunctions(${JSON.stringify(folder)})`)
    // To remove a stack, SST needs its name alone.
    else for (const name of functionNames) mkdirSync(join(folder, name))

    createStacks(app, stageOf(app.stage), {
      createStack(id) {
        const stack = new Stack(app, id)
        // For SST's own custom resources, of which we have none: a function and a role less in each stack.
        stack.node.tryRemoveChild('CustomResourceHandler')
        return stack
      },
      createFunction: isLive ? createLiveFunction : createBundledFunction(folder),
      streams: !isLive,
    })
    // CDK has copied the bundles by now.
    rmSync(folder, { recursive: true })

    // SST's relay asks for an older runtime than ours.
    Aspects.of(app).add({
      visit(node) {
        if (node instanceof CfnFunction) node.runtime = 'nodejs24.x'
      },
    })
  },
}

/** In a process of its own: SST bundles this file, and the paths of the build script would be wrong in the bundle. */
function build(call: string): void {
  const script = `import('./scripts/build.ts').then((build) => build.${call})`
  execFileSync(process.execPath, ['--import', 'tsx', '--eval', script], { stdio: 'inherit' })
}

/** Where the threads are copied from, beside the mcp function: SST makes one file of the rest. */
const liveThreads = 'dist/live/threads'

/** Runs on the developer's machine; a stub in the account relays each call to it. */
const createLiveFunction: Host['createFunction'] = (scope, id, name, props) =>
  new LiveFunction(scope, id, {
    handler: `packages/server/src/lambda/${name}.handler`,
    runtime: 'nodejs24.x',
    architecture: 'arm_64',
    nodejs: { format: 'esm' },
    // What pages/assets.ts reads, beside the file that the handler is bundled into.
    copyFiles: [
      { from: 'packages/server/src/pages/assets', to: 'packages/server/src/lambda/assets' },
      ...(name === 'mcp' ? [{ from: liveThreads, to: 'packages/server/src/lambda/threads' }] : []),
    ],
    tracing: 'disabled',
    timeout: props.timeout?.toSeconds() ?? 30,
    memorySize: props.memorySize ?? 512,
    ...(props.functionName !== undefined && { functionName: props.functionName }),
    ...(props.role !== undefined && { role: props.role }),
    ...(props.environment !== undefined && { environment: props.environment }),
    ...(props.vpc !== undefined && { vpc: props.vpc }),
    ...(props.vpcSubnets !== undefined && { vpcSubnets: props.vpcSubnets }),
    ...(props.securityGroups !== undefined && { securityGroups: props.securityGroups }),
  })

export default config
