/**
 * The policies of the two keys, of the seed and of the providers' secret. None gives anybody `kms:*`: administrators of the account may manage a key
 * or the secret, nobody but the named functions may use one. An administrator who wants to read credentials or the seed
 * has to change the policy first, which CloudTrail records and a rule in monitoring/ reports.
 */

import { appName, type FunctionName } from '@email-connector/server/deployment-names'
import { ArnFormat, type Stack } from 'aws-cdk-lib'
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { logGroupName, roleName, vendedLogGroupName } from './names.ts'

/** A key policy's resource is the key it hangs on; AWS writes that `*`. */
const thisKey = ['*']

const management = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
]

/** Reading, writing and re-encrypting, written out: `kms:GenerateDataKey*` would be a wildcard. */
export const useThroughService = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]

function managed(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AccountManagesTheKey',
    principals: [new AccountRootPrincipal()],
    actions: management,
    resources: thisKey,
  })
}

/** What must stand in the encryption context of every use of the credentials key. */
export function credentialsContext(stage: string) {
  return {
    StringEquals: {
      'kms:EncryptionContext:app': appName,
      'kms:EncryptionContext:stage': stage,
    },
    'ForAllValues:StringEquals': {
      'kms:EncryptionContextKeys': ['app', 'stage', 'grantId', 'accountId'],
    },
  }
}

/** oauth makes data keys, mcp and owner open them, nobody does both. */
export function credentialsKeyPolicy(stack: Stack, stage: string): PolicyDocument {
  const context = credentialsContext(stage)
  // The roles come later than the key. A principal that does not exist yet is refused, a condition on it is not.
  const only = (name: FunctionName) => ({
    ...context,
    ArnEquals: { 'aws:PrincipalArn': roleArn(stack, stage, name) },
  })
  return new PolicyDocument({
    statements: [
      managed(),
      new PolicyStatement({
        sid: 'OauthMakesDataKeys',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:GenerateDataKey'],
        resources: thisKey,
        conditions: only('oauth'),
      }),
      new PolicyStatement({
        sid: 'McpOpensDataKeys',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:Decrypt'],
        resources: thisKey,
        conditions: only('mcp'),
      }),
      new PolicyStatement({
        sid: 'OwnerOpensDataKeys',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:Decrypt'],
        resources: thisKey,
        conditions: only('owner'),
      }),
    ],
  })
}

/** The functions that read a secret. Nobody else does without taking this policy away first. */
export function secretReaders(
  stack: Stack,
  stage: string,
  sid: string,
  names: readonly FunctionName[],
): PolicyDocument {
  const roles = names.map((name) => roleArn(stack, stage, name))
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['secretsmanager:GetSecretValue'],
        // A secret's policy: the secret it hangs on.
        resources: ['*'],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles.length === 1 ? roles[0] : roles } },
      }),
    ],
  })
}

function roleArn(stack: Stack, stage: string, name: FunctionName): string {
  const resourceName = roleName(stage, stack.region, name)
  return stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName })
}

/** Tables, secrets, logs and the alarm topic: each only through its service. */
export function storageKeyPolicy(stack: Stack, stage: string): PolicyDocument {
  const throughService = {
    StringEquals: {
      'kms:CallerAccount': stack.account,
      'kms:ViaService': ['dynamodb', 'secretsmanager'].map(
        (service) => `${service}.${stack.region}.${stack.urlSuffix}`,
      ),
    },
  }
  const anyLogGroup = [logGroupName(stage, '*'), vendedLogGroupName(stage, '*')].map((resourceName) =>
    stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  )
  return new PolicyDocument({
    statements: [
      managed(),
      new PolicyStatement({
        sid: 'TablesAndSecretsThroughTheirService',
        principals: [new AccountRootPrincipal()],
        actions: useThroughService,
        resources: thisKey,
        conditions: throughService,
      }),
      new PolicyStatement({
        // DynamoDB keeps a table readable for its own upkeep by a grant; only a service may make one.
        sid: 'GrantsToServicesOnly',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: thisKey,
        conditions: { ...throughService, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
      new PolicyStatement({
        sid: 'LogsOfThisStage',
        principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
        actions: useThroughService,
        resources: thisKey,
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': anyLogGroup } },
      }),
      new PolicyStatement({
        sid: 'AlarmsToTheTopic',
        principals: [
          new ServicePrincipal('cloudwatch.amazonaws.com'),
          new ServicePrincipal('events.amazonaws.com'),
        ],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: thisKey,
        // SNS says which topic a key is used for.
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:sns:topicArn': stack.formatArn({ service: 'sns', resource: '*' }),
          },
        },
      }),
    ],
  })
}
