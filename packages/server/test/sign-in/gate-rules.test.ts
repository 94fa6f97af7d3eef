/** The rules of the identity gate against what a provider says; the way there and back is in gate.test.ts. */
import { expect, test } from 'vitest'
import { judge } from '../../src/gate/gate-rules.ts'
import { isSamePerson, stillCounts } from '../../src/gate/gate-word.ts'

const ofGroups = { claim: 'groups', value: 'mail' } as const
const ofTenant = { claim: 'tid', value: '11111111-1111-1111-1111-111111111111' } as const

test.each([
  ['one of several rules is enough', { groups: ['x', 'mail'], tid: 'other' }, { by: ['group:mail'] }],
  ['groups in another form are none', { groups: 'mail' }, { refusal: 'not_listed' }],
  ['groups that are not all names are none', { groups: ['mail', 7] }, { refusal: 'not_listed' }],
  ['groups that lie elsewhere', { _claim_names: { groups: 'src1' } }, { refusal: 'too_many_groups' }],
  ['another claim lies elsewhere', { _claim_names: { tid: 'src1' } }, { refusal: 'not_listed' }],
])('%s', (_title, claims, expected) => {
  expect(judge(claims, [ofGroups, ofTenant])).toEqual(expected)
})

test('groups that lie elsewhere are no reason where no rule asks for one', () => {
  expect(judge({ _claim_names: { groups: 'src1' } }, [ofTenant])).toEqual({ refusal: 'not_listed' })
})

const gate = {
  ...{ name: 'Example Works', issuer: 'https://login.example', clientId: 'gate', clientSecret: 'secret' },
  ...{ allow: [ofGroups, ofTenant], scopes: [], wordSeconds: 86_400 },
}
const word = {
  ...{ issuer: gate.issuer, clientId: gate.clientId, iss: 'https://login.example', sub: 'ann' },
  ...{ by: ['group:gone', 'group:mail'], saidAt: 1 },
}

test.each([
  ['as it was said', {}, true],
  ['of another provider', { issuer: 'https://other.example' }, false],
  ['of another client', { clientId: 'other' }, false],
  ['by rules that are gone', { by: ['group:gone'] }, false],
])('a word counts for its own gate: %s', (_title, changed, expected) => {
  expect(stillCounts({ ...word, ...changed }, gate)).toBe(expected)
})

test('a subject is somebody of one issuer only (OpenID Connect Core §2)', () => {
  expect(isSamePerson(word, { iss: word.iss, sub: 'ann' })).toBe(true)
  expect(isSamePerson(word, { iss: 'https://other.example', sub: 'ann' })).toBe(false)
  expect(isSamePerson(word, { iss: word.iss, sub: 'bob' })).toBe(false)
})
