/** R66, R27: what each function may ask of AWS, decided over the synthesized policies of roles and keys. */

import type { FunctionName } from '@email-connector/server/deployment-names'
import { describe, expect, test } from 'vitest'
import { foreignCalls, neededCalls, onCredentialsKey, onSecret, throughService } from './calls.ts'
import { arns, type Call, isAllowed, policiesOf } from './policy-evaluator.ts'
import { get, kinds } from './synthesize.ts'

describe.each(kinds)('%s: calls', (kind) => {
  const isProduction = kind === 'production'
  const policies = policiesOf(get(kind))
  const needed = neededCalls({ hasAuthorizer: isProduction, hasSecrets: isProduction })
  const names = (Object.keys(needed) as FunctionName[]).filter((name) => policies.roles.has(name))
  const from = (name: string, call: Call): Call => ({
    ...call,
    context: { 'lambda:SourceFunctionArn': arns.function(name), ...call.context },
  })
  const told = (call: Call) => JSON.stringify(call)

  test.each(names)('R66: %s may make every call that it needs, and those alone', (name) => {
    const refused = needed[name].filter((call) => !isAllowed(policies, name, from(name, call)))
    expect(refused).toEqual([])
    const own = new Set(needed[name].map(told))
    const others = Object.values(needed)
      .flat()
      .filter((call) => !own.has(told(call)))
    const foreign = [...foreignCalls, ...others]
    expect(foreign.filter((call) => isAllowed(policies, name, from(name, call)))).toEqual([])
    expect(new Set(foreign.map(told)).size).toBeGreaterThanOrEqual(60)
  })

  test('R27: a role gives nothing to another function, nor to a person who takes it', () => {
    const unconditional = (call: Call) =>
      call.action.startsWith('logs:') || 'kms:ViaService' in (call.context ?? {})
    for (const name of names)
      for (const call of needed[name].filter((one) => !unconditional(one))) {
        expect(isAllowed(policies, name, from('somebody-elses', call)), told(call)).toBe(false)
        expect(isAllowed(policies, name, call), told(call)).toBe(false)
      }
  })

  test('R27: an administrator of the account uses neither key, and manages both', () => {
    for (const action of ['Decrypt', 'GenerateDataKey', 'Encrypt', 'CreateGrant', 'ReEncryptFrom'])
      for (const call of [
        onCredentialsKey(action),
        { action: `kms:${action}`, resource: arns.key('StorageKey') },
      ])
        expect(isAllowed(policies, 'administrator', call), told(call)).toBe(false)
    for (const key of ['CredentialsKey', 'StorageKey'])
      expect(
        isAllowed(policies, 'administrator', { action: 'kms:PutKeyPolicy', resource: arns.key(key) }),
      ).toBe(true)
    // The seed is read by oauth alone; an administrator takes the policy away first, and that is told (SecretTouched).
    expect(isAllowed(policies, 'administrator', onSecret('InstanceSecret'))).toBe(false)
    const managing = { ...onSecret('InstanceSecret'), action: 'secretsmanager:DeleteResourcePolicy' }
    expect(isAllowed(policies, 'administrator', managing)).toBe(true)
    expect(isAllowed(policies, 'administrator', throughService('Decrypt', 'secretsmanager'))).toBe(true)
    // Clients of providers are entered by a person, and read by nobody.
    if (isProduction) {
      expect(isAllowed(policies, 'administrator', onSecret('ProvidersSecret'))).toBe(false)
      const entering = { ...onSecret('ProvidersSecret'), action: 'secretsmanager:PutSecretValue' }
      expect(isAllowed(policies, 'administrator', entering)).toBe(true)
    }
  })

  test('R27: a grant on the storage key can be made by a service and by nobody else', () => {
    const grant = throughService('CreateGrant', 'dynamodb')
    expect(isAllowed(policies, 'administrator', grant)).toBe(false)
    const byService = { ...grant, context: { ...grant.context, 'kms:GrantIsForAWSResource': 'true' } }
    expect(isAllowed(policies, 'administrator', byService)).toBe(true)
  })
})
