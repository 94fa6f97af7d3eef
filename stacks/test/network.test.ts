/** What goes out of the network, and the rules of the account: boundary, tags, nothing asked while synthesizing. */
import { describe, expect, test } from 'vitest'
import { get, production, synthesize } from './synthesize.ts'

describe('network and account rules', () => {
  test('egress is mail ports and HTTPS, from one fixed address', () => {
    const { Properties } = get('production').one('AWS::EC2::SecurityGroup', 'FunctionsGroup')
    const ports = (Properties.SecurityGroupEgress as { FromPort: number; ToPort: number }[]).map(
      ({ FromPort, ToPort }) => [FromPort, ToPort],
    )
    expect(ports.sort()).toEqual([143, 443, 465, 587, 993].map((port) => [port, port]).sort())
    expect(Object.keys(get('production').all('AWS::EC2::EIP'))).toHaveLength(1)
    expect(Object.keys(get('production').all('AWS::EC2::NatGateway'))).toHaveLength(1)
    const inVpc = Object.entries(get('production').all('AWS::Lambda::Function'))
      .filter(([, resource]) => resource.Properties.VpcConfig !== undefined)
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
    expect(inVpc.sort()).toEqual(['Mcp', 'Oauth', 'Owner'])
  })

  test('synthesis asks the account for nothing, even when it knows which one it is', () => {
    expect(() => synthesize(production, { account: '123456789012' })).not.toThrow()
  })

  test('every role carries the boundary, and everything that can its tags', () => {
    for (const [id, { Properties }] of Object.entries(get('production').all('AWS::IAM::Role')))
      expect(Properties.PermissionsBoundary, id).toBe(production.permissionsBoundaryArn)
    const { Properties } = get('production').one('AWS::DynamoDB::Table', 'Grants')
    expect(Properties.Tags).toEqual([
      { Key: 'app', Value: 'email-connector' },
      { Key: 'cost-centre', Value: '42' },
      { Key: 'stage', Value: 'prod' },
    ])
  })
})
