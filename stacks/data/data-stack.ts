/**
 * Everything that holds state: four tables, two keys, the deployment's secrets. Logical ids here never change: a
 * renamed construct would be a new, empty table. What a stage keeps is retained when the stack is deleted.
 */

import { appName, type FunctionName } from '@email-connector/server/deployment-names'
import { type TableId, tableSchemas } from '@email-connector/server/table-schema'
import { CfnOutput, type Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import { CfnResourcePolicy, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { IConstruct } from 'constructs'
import { handOver, takeOver } from '../hand-over.ts'
import { keepExports } from '../kept-exports.ts'
import { credentialsKeyPolicy, secretReaders, storageKeyPolicy } from '../key-policies.ts'
import { tableName } from '../names.ts'
import { retention } from '../retention.ts'
import type { Stage } from '../settings.ts'

export interface DataParts {
  readonly tables: Readonly<Record<TableId, Table>>
  /** Wraps the data keys of mailbox records; nothing else. */
  readonly credentialsKey: Key
  /** Encrypts tables, secrets, logs and alarms at rest. */
  readonly storageKey: Key
  readonly instanceSecretArn: string
  readonly clientsSecretArn: string | undefined
  readonly providersSecretArn: string | undefined
}

const logicalIds: Readonly<Record<TableId, string>> = {
  grants: 'Grants',
  tokens: 'Tokens',
  sessions: 'Sessions',
  once: 'Once',
}

export function createDataStack(stack: Stack, stage: Stage): DataParts {
  const removalPolicy = retention(stage.keepData)
  const key = { enableKeyRotation: true, removalPolicy }

  const credentialsKey = new Key(stack, 'CredentialsKey', {
    ...key,
    description: `${appName} ${stage.name}: credentials of mailboxes`,
    policy: credentialsKeyPolicy(stack, stage.name),
  })
  const storageKey = new Key(stack, 'StorageKey', {
    ...key,
    description: `${appName} ${stage.name}: tables, secrets, logs`,
    policy: storageKeyPolicy(stack, stage.name),
  })

  // CloudFormation makes a new secret when this property changes, and every client id and owner index would be
  // worthless: keys are rotated in the secret itself (docs/deploy.md), never here.
  const instanceSecret = new CfnSecret(stack, 'InstanceSecret', {
    description: 'Seed of the owner index, client ids and repeatable answers',
    kmsKeyId: storageKey.keyArn,
    generateSecretString: {
      secretStringTemplate: '{"kid":"1","older":[]}',
      generateStringKey: 'seed',
      passwordLength: 64,
      excludePunctuation: true,
    },
  })
  instanceSecret.applyRemovalPolicy(removalPolicy)
  const readBy = (id: string, secret: CfnSecret, sid: string, names: readonly FunctionName[]) => {
    const policy = new CfnResourcePolicy(stack, id, {
      secretId: secret.ref,
      resourcePolicy: secretReaders(stack, stage.name, sid, names),
      blockPublicPolicy: true,
    })
    // A secret that is kept stays closed.
    policy.applyRemovalPolicy(removalPolicy)
    return policy
  }
  const instanceSecretPolicy = readBy('InstanceSecretPolicy', instanceSecret, 'OauthAloneReadsTheSeed', [
    'oauth',
  ])

  const clientsSecret = stage.preRegisteredClients
    ? new CfnSecret(stack, 'ClientsSecret', {
        description: 'Pre-registered clients: JSON list of {clientId, secret, name}, entered by hand',
        kmsKeyId: storageKey.keyArn,
        secretString: '[]',
      })
    : undefined
  clientsSecret?.applyRemovalPolicy(removalPolicy)
  const before: IConstruct[] = [credentialsKey, storageKey, instanceSecret, instanceSecretPolicy]
  if (clientsSecret !== undefined) {
    before.push(clientsSecret, handOver(stack, stage.name, 'clients-secret', clientsSecret.ref))
    keepExports(stack, [clientsSecret.ref])
  }
  if (stage.signInProviders) {
    // Made empty, since a stage is updated before its owner has what belongs in it; filling it needs no right to read it.
    const secret = new CfnSecret(stack, 'ProvidersSecret', {
      description: 'Providers to sign in with: JSON of the variables in docs/providers.md, entered by hand',
      kmsKeyId: storageKey.keyArn,
      secretString: '{}',
    })
    secret.applyRemovalPolicy(removalPolicy)
    const readers: readonly FunctionName[] = ['oauth', 'mcp', 'owner']
    const policy = readBy('ProvidersSecretPolicy', secret, 'ThreeFunctionsReadTheProviders', readers)
    before.push(secret, policy, handOver(stack, stage.name, 'providers-secret', secret.ref))
    new CfnOutput(stack, 'ProvidersSecretArn', {
      value: secret.ref,
      description: 'Enter the providers here (docs/providers.md)',
    })
  }

  const createTable = (id: TableId) => {
    const schema = tableSchemas[id]
    const hasBackup = id === 'tokens' ? stage.tokensBackup : schema.pointInTimeRecovery
    const table = new Table(stack, logicalIds[id], {
      tableName: tableName(stage.name, schema.suffix),
      partitionKey: { name: schema.partitionKey, type: AttributeType.STRING },
      ...('sortKey' in schema && { sortKey: { name: schema.sortKey, type: AttributeType.STRING } }),
      timeToLiveAttribute: schema.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: hasBackup },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: storageKey,
      deletionProtection: stage.keepData,
      removalPolicy,
    })
    // Last of all, and one after the other: a protected table cannot be deleted, so a creation that fails elsewhere must
    // not have made one yet, and what keeps tables from being made (a name, a quota) stops at the first.
    table.node.addDependency(...before)
    before.push(table)
    return table
  }

  return {
    tables: {
      grants: createTable('grants'),
      tokens: createTable('tokens'),
      sessions: createTable('sessions'),
      once: createTable('once'),
    },
    credentialsKey,
    storageKey,
    instanceSecretArn: instanceSecret.ref,
    clientsSecretArn: clientsSecret && takeOver(stage.name, 'clients-secret'),
    providersSecretArn: stage.signInProviders ? takeOver(stage.name, 'providers-secret') : undefined,
  }
}
