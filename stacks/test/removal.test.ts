/** What `sst remove` and `cdk destroy` leave behind: what the stage says it keeps, and nothing else. */

import { readDocument, rowsIn, sectionOf } from '@email-connector/server/testing/documents'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CloudFormation, createCloudFormation } from './cloudformation.ts'
import { replacingChanges } from './specification.ts'
import { deploy, get, refusalOf, stages } from './transitions.ts'

/** In the order of their dependencies turned round, as both commands do. */
function remove(account: CloudFormation, name: string): void {
  for (const stack of Object.keys(get(name).templates).reverse()) account.remove(stack)
}

const kinds = (left: ReadonlySet<string>) =>
  [...new Set([...left].map((one) => one.split(' ')[0] ?? ''))].sort()

/** What docs/deploy.md lists, by the type that CloudFormation has for it. */
const listed = new Map(
  rowsIn(sectionOf(readDocument('deploy.md'), '## What removal leaves')).map(([type = '', , price = '']) => [
    type.replaceAll('`', ''),
    price,
  ]),
)

beforeAll(() => {
  for (const name of Object.keys(stages)) get(name)
})

describe('R95: removal', () => {
  test('of a personal stage leaves nothing', () => {
    const account = createCloudFormation({ replacingChanges })
    deploy(account, get('personal'))
    remove(account, 'personal')
    expect([...account.stacks.keys()]).toEqual([])
    expect([...account.left]).toEqual([])
    // And it can be made again.
    expect(refusalOf(() => deploy(account, get('personal')))).toBe('none')
  })

  test.each(Object.keys(stages).filter((name) => name !== 'personal'))(
    'of a stage %s leaves what docs/deploy.md lists, and no network, function, gateway, alarm or firewall',
    (name) => {
      const account = createCloudFormation({ replacingChanges })
      deploy(account, get(name))
      remove(account, name)
      expect([...account.stacks.keys()]).toEqual([])
      for (const type of kinds(account.left)) expect([...listed.keys()]).toContain(type)
      expect(kinds(account.left)).toEqual(
        expect.arrayContaining(['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret']),
      )
    },
  )

  test('with everything turned on, all that is listed is left: the list is no longer than it must be', () => {
    const account = createCloudFormation({ replacingChanges })
    deploy(account, get('with everything'))
    remove(account, 'with everything')
    expect(kinds(account.left)).toEqual([...listed.keys()].sort())
  })

  test('a permanent stage that is to go whole becomes personal first, and then leaves nothing of its own', () => {
    const account = createCloudFormation({ replacingChanges })
    deploy(account, get('with clients’ secrets'))
    deploy(account, get('personal'))
    remove(account, 'personal')
    // A secret that the last but one deployment took out was still kept by the stage as it then was.
    expect([...account.left]).toEqual(['AWS::SecretsManager::Secret ClientsSecret'])
  })
})
