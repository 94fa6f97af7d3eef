/**
 * The five functions: one role, one log group and exactly the variables each reads. Their time-outs end before the
 * gateway's, so that a slow call is answered by us and not cut off.
 */

import { type FunctionName, functionNames } from '@email-connector/server/deployment-names'
import { Duration, type Stack } from 'aws-cdk-lib'
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { DataParts } from '../data/data-stack.ts'
import { keepExports } from '../kept-exports.ts'
import { createLogGroup } from '../log-group.ts'
import { functionName, roleName } from '../names.ts'
import { createRights, sentFrom } from '../rights.ts'
import type { Stage } from '../settings.ts'
import type { Functions, Host, MailNetwork } from '../types.ts'

/** What claude.ai waits for an answer: a person has that long to confirm an email. Tools end far sooner by themselves. */
const streamingSeconds = 300
/** A download may take as long. */
const streaming: ReadonlySet<FunctionName> = new Set(['mcp', 'owner'])

const sizes: Readonly<Record<FunctionName, { memorySize: number; timeoutSeconds: number }>> = {
  mcp: { memorySize: 1024, timeoutSeconds: 28 },
  oauth: { memorySize: 512, timeoutSeconds: 28 },
  // It sends as mcp does, and lays out as much.
  owner: { memorySize: 1024, timeoutSeconds: 28 },
  authorizer: { memorySize: 256, timeoutSeconds: 8 },
  health: { memorySize: 128, timeoutSeconds: 3 },
}

const logicalIds: Readonly<Record<FunctionName, string>> = {
  mcp: 'Mcp',
  oauth: 'Oauth',
  owner: 'Owner',
  authorizer: 'Authorizer',
  health: 'Health',
}

export function createFunctions(options: {
  stack: Stack
  host: Host
  stage: Stage
  data: DataParts
  publicUrl: string
  hasAuthorizer: boolean
  streams: boolean
  network: MailNetwork | undefined
}): Functions {
  const { stack, host, stage, data, network, streams } = options
  const rightsOf = createRights({ stack, stage: stage.name, data, hasAuthorizer: options.hasAuthorizer })
  const environmentOf = createEnvironments(options)
  const functions: Partial<Record<FunctionName, LambdaFunction>> = {}

  for (const name of functionNames) {
    const id = logicalIds[name]
    const isMade = name !== 'authorizer' || options.hasAuthorizer
    // Also for an authorizer that is not there: with a domain that comes, goes and comes again, a group that was kept
    // would be in the way of a new one.
    // Nor may a group of owner stay behind when a stage goes back to a release without it, and on again.
    const keeps = isMade && name !== 'owner'
    const logGroup = createLogGroup(stack, `${id}Logs`, { name, stage, key: data.storageKey, keeps })
    if (!isMade) continue
    // Only what talks to mail servers needs the fixed address and its egress rules.
    const place = name === 'mcp' || name === 'oauth' || name === 'owner' ? network : undefined
    const role = new Role(stack, `${id}Role`, {
      roleName: roleName(stage.name, stage.region, name),
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        rights: new PolicyDocument({
          statements: [
            ...rightsOf(name, logGroup),
            ...(place === undefined ? [] : networkInterfaces(stack, stage.name, name)),
          ],
        }),
      },
    })
    const reserved = name === 'health' ? undefined : stage.reservedConcurrency[name]
    functions[name] = host.createFunction(stack, id, name, {
      functionName: functionName(stage.name, name),
      architecture: Architecture.ARM_64,
      memorySize: sizes[name].memorySize,
      timeout: Duration.seconds(
        streams && streaming.has(name) ? streamingSeconds : sizes[name].timeoutSeconds,
      ),
      role,
      logGroup,
      environment: environmentOf(name),
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...place,
    })
    keepExports(stack, [functions[name].functionName, ...(name === 'health' ? [] : [logGroup.logGroupName])])
  }

  const names = functionNames.filter((name) => functions[name] !== undefined)
  return {
    names,
    get(name) {
      const found = functions[name]
      if (found === undefined) throw new Error(`This stage has no ${name} function`)
      return found
    },
  }
}

/** A secret is named, never given: its value is read at the start of the function that needs it. */
function createEnvironments({
  stage,
  data,
  publicUrl,
  streams,
}: {
  stage: Stage
  data: DataParts
  publicUrl: string
  streams: boolean
}): (name: FunctionName) => Record<string, string> {
  const address = { PUBLIC_URL: publicUrl }
  const product = {
    ...address,
    STAGE: stage.name,
    CREDENTIALS_KEY: data.credentialsKey.keyArn,
    GRANTS_TABLE: data.tables.grants.tableName,
    TOKENS_TABLE: data.tables.tokens.tableName,
    SESSIONS_TABLE: data.tables.sessions.tableName,
    ONCE_TABLE: data.tables.once.tableName,
    ...(data.providersSecretArn !== undefined && { PROVIDERS_SECRET: data.providersSecretArn }),
  }
  const { CORS_ORIGINS, DISABLED_PROVIDERS, ALLOWED_ACCOUNTS, DENIED_ACCOUNTS } = stage.variables
  const { INTERNAL_MAIL_HOSTS, INTERNAL_MAIL_CA } = stage.variables
  const ofMailboxes = {
    ...(ALLOWED_ACCOUNTS !== undefined && { ALLOWED_ACCOUNTS }),
    ...(DENIED_ACCOUNTS !== undefined && { DENIED_ACCOUNTS }),
    ...(INTERNAL_MAIL_HOSTS !== undefined && { INTERNAL_MAIL_HOSTS }),
    ...(INTERNAL_MAIL_CA !== undefined && { INTERNAL_MAIL_CA }),
  }
  const environments: Record<FunctionName, Record<string, string>> = {
    mcp: {
      ...product,
      ...ofMailboxes,
      ...(CORS_ORIGINS !== undefined && { CORS_ORIGINS }),
      ...(DISABLED_PROVIDERS !== undefined && { DISABLED_PROVIDERS }),
      GATEWAY: streams ? 'rest' : 'http',
    },
    owner: {
      ...product,
      ...ofMailboxes,
      ...(CORS_ORIGINS !== undefined && { CORS_ORIGINS }),
      GATEWAY: streams ? 'rest' : 'http',
    },
    oauth: {
      ...product,
      ...stage.variables,
      INSTANCE_SECRET: data.instanceSecretArn,
      ...(data.clientsSecretArn !== undefined && { CLIENTS_SECRET: data.clientsSecretArn }),
    },
    authorizer: { ...address, TOKENS_TABLE: data.tables.tokens.tableName },
    health: {},
  }
  return (name) => environments[name]
}

/**
 * Lambda makes the interfaces with the function's own role; EC2 knows no narrower resource before they exist. What asks
 * from inside the function is not Lambda, and is refused.
 */
function networkInterfaces(stack: Stack, stage: string, name: FunctionName): PolicyStatement[] {
  const actions = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ]
  return [
    new PolicyStatement({ actions, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: sentFrom(stack, stage, name),
    }),
  ]
}
